"""Smaller and faster variants of a trained model, each measured, and the best of them chosen."""
