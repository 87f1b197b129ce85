"""The `leaderboard` command: battles from any file into ratings, their checks and pictures.

Read the files in this order: `source`, `formats`, `lines` (files to batches of columns), `measure`
(lengths where only answers are given), `checks` (what a row must be), `battles` (columns of numbers),
`games` (a run's battles as their games), `verdicts` (how much each row counts), `rated` (ratings),
`board` (everything computed from them), then what is shown: `data` (JSON), `notes` and `text` (the
terminal), `plot` (pictures).
"""
