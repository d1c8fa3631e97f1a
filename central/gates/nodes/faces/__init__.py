"""What the gates hold of faces, what they are told to destroy, and what they confirmed. No face is ever here."""
