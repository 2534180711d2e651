"""How a ledger of an older program becomes one of this program."""
