"""The `leaderboard` command: battles from any file into ratings, their checks and pictures.

Read the files in this order: `files`, `fields` (which files, and what of them), `reading`, `checks`
(what a row must be), `battles` (columns of numbers), `games` (a run's battles as their games),
`verdicts` (how much each row counts), `rated` (ratings), `board` (everything computed from them), then
what is shown: `output` (JSON and the terminal), `notes`, `plot` and `figure` (pictures).
"""
