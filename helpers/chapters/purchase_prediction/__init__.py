"""What notebook 09_purchase_prediction shows and guards with."""
