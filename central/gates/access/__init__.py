"""Who may pass: cardholders, passes, rules, holidays, the keys that sign passes, and what gates are told of them.

Rules that have run out. A snapshot says until when it holds (72 hours; `nodes.rules`). Without a link a gate goes on
deciding after that by what it has: residents and signed passes are granted as before, the page at the gate and the
console show the age, and a remote open, which needs the link, is off (SYNC-01, SYNC-04). `refer_when_stale` is each
community's own choice (`PUT` of its gate settings, off at first): on, everything but leaving is referred to a guard
once the snapshot has run out. Off is the default because a broken line must lock nobody out of their home; what it
costs is that a revocation made meanwhile is not heard at that gate until the link is back.
"""
