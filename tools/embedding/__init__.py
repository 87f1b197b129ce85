"""Texts to vectors behind one small interface: `await embedder.embed(texts)`, one unit row a text.

`TfidfEmbedder` needs no weights and is the default; `SentenceEmbedder` loads a local
sentence-transformers model. An endpoint's embeddings go through the door to models
(`agents.models.embedding`), since they are paid calls.
"""

from .embedder import Embedder, Vectors, unit_rows
from .sentence import SentenceEmbedder
from .tfidf import TfidfEmbedder

__all__ = ["Embedder", "SentenceEmbedder", "TfidfEmbedder", "Vectors", "unit_rows"]
