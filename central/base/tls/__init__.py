"""Central's own certificate: given by hand or fetched from an authority, and renewed while central serves."""
