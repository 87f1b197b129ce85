"""The `testset` command: prompts from a file into a test set that is diverse, hard and clean.

Read `table` and `prompts` (files to prompts), `training` (rows the set must not repeat), `config`,
`make` (the graph with its models), then `result` and `summary` (what comes out).
"""
