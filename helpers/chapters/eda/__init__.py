"""A wing of the helpers; see its files."""
