"""What the node knows of itself: how far its clock is off, how full its disk is."""
