"""The pages of a driver without an account, behind the codes that hang in the car park; and the manager's signs."""
