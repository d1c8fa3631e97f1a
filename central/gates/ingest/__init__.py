"""What nodes send: batches of journal events, stored once, proved by their chain, and handed to projections."""
