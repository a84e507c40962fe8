"""Are there groups, and how sure: what chapters 04 and 05 share."""
