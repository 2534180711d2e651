"""The room that decides: frames become verdicts, verdicts become records, labels become better models."""

__version__ = "0.1.0"
