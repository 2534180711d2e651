"""One screen each; a page holds no state beyond its widgets."""
