"""The room that trains: the only TensorFlow; a process, not an import."""
