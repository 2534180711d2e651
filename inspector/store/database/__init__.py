"""How the ledger lies in SQLite: its tables, its rows, its connections and its versions."""
