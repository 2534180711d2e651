"""The networks that learning starts from."""
