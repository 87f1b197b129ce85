"""Ratings from battles: Bradley-Terry fits, intervals, agreement, control for length and style.

Pure functions on numpy arrays. Read the files in this order: `table` (battles as arrays), `fit`
(one rating a model), `intervals` (how sure), `standings` (the leaderboard's rows), then the checks:
`connection`, `exposure`, `position`, `agreement`; and the controls: `style`, `length`. Several judges become
one battle in `panel`, or are fitted with the ratings in `judges` (its counts: `judged`, its model:
`davidson`, its solver: `scoring`), which also reads a single battle by such a fit.
"""
