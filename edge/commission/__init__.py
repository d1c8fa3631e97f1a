"""The page of a technician at the gate: what is plugged in, does it work, the site file, the checklist."""
