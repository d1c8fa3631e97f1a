"""What every test may use. Kept small: a fixture lives beside the tests that need it."""
