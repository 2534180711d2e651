"""Adapts a pretrained network to a user's own parts."""
