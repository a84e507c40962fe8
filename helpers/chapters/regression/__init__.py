"""What notebook 07_regression shows and guards with."""
