"""The other end of the wire, with faults."""
