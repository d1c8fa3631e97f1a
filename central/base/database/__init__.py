"""The database before the first request: its roles, its tables, and the check that the application holds no power."""
