"""The centre of a community: accounts, persons, gates and the pages that show them."""
