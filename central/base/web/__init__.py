"""Templates, headers, errors and live events: how central speaks to browsers and programs."""
