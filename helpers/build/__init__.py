"""From a study file to a shelf of pages."""
