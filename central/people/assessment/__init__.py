"""Impact assessments: signed by a person, kept for three years, asked for before a face is compared (PRIV-10)."""
