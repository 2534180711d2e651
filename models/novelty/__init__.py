"""A model from good parts alone: how unlike them a part is, where, and from which score on it is rejected."""
