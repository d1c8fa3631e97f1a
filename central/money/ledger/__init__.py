"""The ledger: double entry in integer fen, only ever added to."""
