"""Gates: nodes and their snapshots and commands, visits, passes and rules, and the events that nodes send."""
