"""From a Frame to an Inspection: pure functions on arrays."""
