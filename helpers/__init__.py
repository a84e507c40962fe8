"""What the notebooks share: one module per subject, named after it."""
