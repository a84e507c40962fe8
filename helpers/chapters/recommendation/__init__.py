"""What notebook 08_recommendation shows and guards with."""
