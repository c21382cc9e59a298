"""The book's charts: one module for each kind of question, one look for all."""
