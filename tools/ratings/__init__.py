"""Ratings from battles: Bradley-Terry fits, intervals, agreement, control for length and style.

Pure functions on numpy arrays. Read the files in this order: `table` (battles as arrays), `fit`
(one rating a model), `intervals` (how sure), `standings` (the leaderboard's rows), then the checks:
`position`, `triples`, `flips`, `agreement`; and the controls: `style`, `length`. Several judges become
one battle in `panel`, or are fitted with the ratings in `judges` (its counts: `judged`, its model:
`davidson`, its solver: `scoring`); `chance` reads a single battle by such a fit.
"""
