"""The sections of a report, each from values to markup; the page decides their order."""
