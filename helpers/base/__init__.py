"""What everything stands on: errors, paths, the engine, the vocabulary, how values are written, sampling."""
