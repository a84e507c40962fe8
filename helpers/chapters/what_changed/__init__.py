"""What notebook 10_what_changed shows and guards with."""
