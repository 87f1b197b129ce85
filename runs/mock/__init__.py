"""A mock OpenAI-compatible server: for tests, benchmarks and trying settings without a model.

    python -m arenainstruct.runs.mock --port 0 --latency-ms 50 --rate-429 0.05

prints `{"url": "http://127.0.0.1:…/v1"}` when it is ready and serves until SIGTERM. In a test:

    async with MockServer(MockOptions(rate_500=0.2)) as mock: ...
"""

from .options import MockOptions
from .server import MockServer

__all__ = ["MockOptions", "MockServer"]
