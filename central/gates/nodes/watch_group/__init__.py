"""The watch group: who is looked out for, under which ground, until when; and what the gates say of it."""
