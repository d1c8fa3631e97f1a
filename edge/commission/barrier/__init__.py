"""A vehicle lane on trial: its loops, its arm, its camera and its board, seen and moved by a technician."""
