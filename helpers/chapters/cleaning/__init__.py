"""What notebook 02_cleaning shows and guards with."""
