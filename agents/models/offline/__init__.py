"""The embedded models: classical text processing that plays every role on the text it is given.

They are for trying, testing and estimating. `speak` is the whole engine: a pure function from the
turns of a request to a reply. Nothing here knows the run, the disk or the network.
"""

from .provider import OfflineProvider
from .speaker import speak
from .voice import OfflineReply, OfflineRequest

__all__ = ["OfflineProvider", "OfflineReply", "OfflineRequest", "speak"]
