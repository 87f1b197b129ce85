"""A test set out of many prompts: clean, clustered, diverse and hard, as WizardArena made its own.

`graph.build()` is the compiled graph; the other files are the pure functions behind its nodes.
"""
