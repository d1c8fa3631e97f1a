"""Charges by the contract of a plate: asked about, made at the exit, never twice."""
