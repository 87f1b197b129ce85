"""A run made again from its ledger: the same to the byte, or another way from an event on."""
