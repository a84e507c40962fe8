"""`make new`: a study for a file that nobody has seen."""
