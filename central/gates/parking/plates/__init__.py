"""The lists of plates: permits, whom a guard is asked about, who passes free of charge."""
