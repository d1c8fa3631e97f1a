"""From frames of one approach to the plate of the car that stands at the line."""
