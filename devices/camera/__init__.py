"""Cameras: the newest frame and its age."""
