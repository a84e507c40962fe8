"""What notebook 06_anomaly shows and guards with."""
