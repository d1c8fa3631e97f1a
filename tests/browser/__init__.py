"""Each person's way through the pages, in a real browser. A package, so that what they share ends with them."""
