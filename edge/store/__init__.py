"""The node's own copy: keys, the signed snapshot, the command ledger, face templates. Start at `store.py`."""
