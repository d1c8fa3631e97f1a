"""What a driver without an account reaches: a sign's page, their stay, their ticket."""
