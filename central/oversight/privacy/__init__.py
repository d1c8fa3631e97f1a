"""What is done with personal data here, told by the live configuration: data map, processing log, assessments."""
