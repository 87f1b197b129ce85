"""Training: a round's rows in, a new version of the target out; nothing heavy is imported here."""
