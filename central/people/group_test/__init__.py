"""Who agreed to be counted in the test of error rates by group, and what they said of themselves (PRIV-17)."""
