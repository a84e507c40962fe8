"""Chapter 10: what changed from one period to the next, in sales, customers and segments."""
