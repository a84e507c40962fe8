"""What notebook 05_tree_embedding shows and guards with."""
