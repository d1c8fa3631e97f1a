"""The nodes at the gates: enrolment, signed snapshots and commands on their way down, and a guard's remote opening."""
