"""Everything that remembers: the ledger, the pictures, the model versions, the recipes."""
