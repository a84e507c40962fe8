"""One row a customer, at any date: features, scores, profiles, snapshots."""
