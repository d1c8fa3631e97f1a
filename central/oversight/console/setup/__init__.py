"""Setting a community up: communities, houses, gates and lanes, rules. A page for each, without the web API."""
