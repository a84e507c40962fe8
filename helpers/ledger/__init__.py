"""A file becomes typed lines, and no line is lost on the way."""
