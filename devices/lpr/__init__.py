"""Cameras that read number plates themselves and push what they read."""
