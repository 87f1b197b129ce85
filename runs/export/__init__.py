"""A finished run for others: trainers' files, one page, trajectories, spans for a collector."""
