"""skeleton: being filled now."""
