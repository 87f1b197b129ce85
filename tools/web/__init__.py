"""The web as tools reach it: a search, and pages of public addresses as markdown."""
