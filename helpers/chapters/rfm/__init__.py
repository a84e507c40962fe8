"""What notebook 03_rfm shows and guards with."""
