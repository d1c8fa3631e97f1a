"""What happened at the gate: an append-only, hash-chained log, and the pictures beside it. Start at `journal.py`."""
