"""The pages: guard console, remote open, passes, people, nodes, audit, parked events. Views in, HTML out."""
