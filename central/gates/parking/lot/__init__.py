"""A car park's places: plans, sensors, counts, how full it is, and where a car stands."""
