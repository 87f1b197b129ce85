"""The estimate: a sample of the documents run dry through the real graphs, scaled to all of them.

- `sample.py`: which documents stand for the others
- `standin.py`: who answers in a paid model's place, and counts
- `dry_run.py`: the supervisor's graph over the sample, in a folder that is thrown away
- `scaling.py`: from the sample to all documents and rounds
- `report.py`: what is told of it
"""
