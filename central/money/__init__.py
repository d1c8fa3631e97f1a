"""Money of the community: what is owed, what came in by which way, and the ledger that says where it went and why."""
