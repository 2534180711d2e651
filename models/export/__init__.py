"""From a Keras network and a fitted head to one verified LiteRT file."""
