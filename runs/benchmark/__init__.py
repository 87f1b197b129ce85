"""Measuring models on public benchmarks."""
