"""What people ask about a model and its parts: a study for each question, the same on the screen and in a terminal."""
