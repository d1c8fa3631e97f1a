"""The pages of a car park's places: how full it is, its floor plan, where a car stands."""
