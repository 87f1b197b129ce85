"""The `audit` command: can these jurors be trusted?

Read in this order: `reading` (files and runs to evidence), `probe` (canaries before the run's jury),
`data` (JSON), `text` (the terminal).
"""
