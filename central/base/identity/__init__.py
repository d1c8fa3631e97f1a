"""Accounts, roles, sessions and keys: who is there, and what may they do."""
