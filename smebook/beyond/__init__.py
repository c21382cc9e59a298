"""Beyond the paper: firm size and innovation in data that the paper did not have."""
