"""Relay and input boards: locks, contacts, buttons, the fire loop."""
