"""The analysis behind the book: pure functions from bundled data to tables, figures and findings."""
