"""What guards and managers see: the console's pages. Knows every floor below; nothing stands on it."""
