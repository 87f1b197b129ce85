"""The embedded models: one small engine that plays every role on the text it is given.

They are for trying, testing and estimating. `speak` is the whole engine: a pure function from the turns
of a request, and the schema of the reply asked for, to a reply. It knows no skill, no leaf and no role by
name: what the prompt's sections and the schema's fields say is all it goes by.
"""

from .engine import speak
from .provider import OfflineProvider, schema_of
from .request import OfflineReply, OfflineRequest

__all__ = ["OfflineProvider", "OfflineReply", "OfflineRequest", "schema_of", "speak"]
