"""The `leaderboard` command: battles from any file into ratings, their checks and pictures.

Read the files in this order: `source`, `formats`, `lines` (files to batches of columns), `measure`
(lengths where only answers are given), `checks` (what a row must be), `battles` (columns of numbers),
`verdicts` (which of them count, how much), `rated` (ratings), `board` (everything computed from them),
then what is shown: `data` (JSON), `notes` and `text` (the terminal), `plot` (pictures).
"""
