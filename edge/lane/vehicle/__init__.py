"""A lane for vehicles: loops, an arm, and who went through. Pure so far: values, and how they change."""
