"""From labels to a better model, without TensorFlow: snapshot, training process, gate, promotion, review."""
