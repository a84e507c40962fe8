"""What notebook 04_clustering shows and guards with."""
