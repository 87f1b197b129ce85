"""What comes out of a run: Parquet configs that every trainer reads, and their card."""

from .facts import CardFacts, RatingFact
from .write import write_dataset

__all__ = ["CardFacts", "RatingFact", "write_dataset"]
