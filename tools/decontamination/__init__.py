"""Finds texts that say what another text says: copies, parts, near duplicates and rephrasings.

Four kinds of rule can be compared (`compare`): containment of word n-grams, cosine of TF-IDF, cosine
of embeddings, and MinHash. Measured on 1,315 published rephrasings of GSM8K test questions (the
nearest of all other rephrasings is what a rule takes wrongly), recall at 1 % false positives:

    embedding, all-MiniLM-L6-v2              0.963   at cosine 0.818
    TF-IDF of 3 to 5 characters, presence    0.931   at cosine 0.270
    TF-IDF of words and pairs, presence      0.869   at cosine 0.210
    embedding, hashed TF-IDF and SVD (256)   0.625   at cosine 0.767
    MinHash of word triples                  0.199   at Jaccard 0.109
    8-grams shared, any                      0.063   (13-grams: none)

So the default is the best rule without weights, TF-IDF of characters at 0.27 (recall 0.931 at 1.1 %),
together with 8-gram containment at 0.5, which finds what a cosine cannot: a text inside a much longer
one.

Rules compare whole texts, so a long passage makes any two texts about it alike. `without` and `asks`
tell what a text says besides a passage.
"""

from .compare import Comparison, compare
from .cosine import CharacterRule, EmbeddingRule, WordRule
from .known import Found, KnownTexts
from .ngrams import MinHashRule, NgramRule
from .passages import asks, without
from .rule import Match, Rule, nearest, reaching

__all__ = [
    "CharacterRule",
    "Comparison",
    "EmbeddingRule",
    "Found",
    "KnownTexts",
    "Match",
    "MinHashRule",
    "NgramRule",
    "Rule",
    "WordRule",
    "asks",
    "compare",
    "nearest",
    "reaching",
    "without",
]
