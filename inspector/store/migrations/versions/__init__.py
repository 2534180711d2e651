"""One file per version of the ledger, run in order and never edited once released."""
