"""`make app`: a local web page that drives what exists; it computes no analysis of its own."""
