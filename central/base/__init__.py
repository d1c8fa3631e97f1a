"""The ground floor of central: what every domain stands on."""
