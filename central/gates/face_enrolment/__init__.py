"""Enrolment of faces: from a phone to the site's enrolment node and on to its other nodes, always as ciphertext."""
