"""What notebook 11_lifetime_value shows and guards with."""
