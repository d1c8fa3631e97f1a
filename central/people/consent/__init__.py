"""Consent to be known by face: its texts, who gave it for whom, and its end. Kept apart from every other agreement."""
