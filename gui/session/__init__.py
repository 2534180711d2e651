"""What people do at a station, without widgets: run it, label, review, train, adjust; each is one presenter."""
