"""The roles: one a file. Roles never import each other: they meet as messages."""
