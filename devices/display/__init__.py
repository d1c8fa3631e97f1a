"""Boards at a lane that show a line of text and speak it."""
