"""What notebook 01_eda shows and guards with."""
