"""Everything that touches hardware: cameras and line outputs, each behind one protocol and one contract suite."""
