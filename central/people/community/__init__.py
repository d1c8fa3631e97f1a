"""A company's communities as a tree (building, unit, house), the people at home there, and the gates they pass."""
