"""A server that nobody should call, and what in the environment names it."""

import asyncio

TELEMETRY = {
    "LANGCHAIN_TRACING_V2": "true",
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_API_KEY": "lsv2_sink",
    "LANGCHAIN_API_KEY": "lsv2_sink",
    "OTEL_TRACES_EXPORTER": "otlp",
    "LANGSMITH_OTEL_ENABLED": "true",
}
ADDRESSES = (
    "LANGSMITH_ENDPOINT",
    "LANGCHAIN_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "HF_ENDPOINT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
)


class Sink:
    """A server that counts who connects to it, and says nothing."""

    def __init__(self) -> None:
        self.connections = 0
        self.url = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()
