"""What edge and central agree on: values, rules and messages. Pure: opens nothing, asks no clock."""
