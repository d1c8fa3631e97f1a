"""What happened at the gates: visits, alarms and the state of lanes, all of them views of the journal."""
