"""The link with central: enrolment, events up, snapshots and commands down. Losing it changes nothing at the gate."""
