"""How often the series' verdicts err, on data whose truth is known: `make verdicts` runs it, by hand."""
