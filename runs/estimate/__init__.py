"""The estimate: a sample of the documents run dry through the real graphs, scaled to all of them.

- `standin.py`: who answers in a paid model's place, and counts
- `dry_run.py`: the supervisor's graph over the sample, in a folder that is thrown away
- `scaling.py`: which documents stand for the others, and from what they took to all documents and rounds
- `measured.py`: how fast endpoints were in earlier runs
- `report.py`: what is told of it
"""
