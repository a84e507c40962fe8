"""What a study asks, and a chapter's window on it."""
