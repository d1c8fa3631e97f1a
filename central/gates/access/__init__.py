"""Who may pass: cardholders, passes, rules, holidays, the keys that sign passes, and what gates are told of them."""
