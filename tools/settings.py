"""What a user may tune about the tools, in the config's section `tools`."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Amount = Annotated[int, Field(gt=0, le=10_000_000)]
"""More is what no kernel, clock or service could be told."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class InterpreterSettings(_Section):
    """Where model-written Python runs, and how much it may take."""

    backend: Literal["local", "e2b"] = "local"
    """`local`: bubblewrap on this machine; `e2b`: an E2B sandbox (`E2B_API_KEY`, `E2B_DOMAIN`)."""
    unsafe: bool = False
    """Run without a sandbox where bubblewrap is missing: the code may then read and write what you may."""
    timeout_s: Seconds = 10.0
    """Seconds by the clock for one call."""
    memory_mb: Amount = 512
    """Address space of one process; all of a session together may hold twice as much memory."""
    disk_mb: Amount = 64
    """What `/tmp` and `/dev/shm` hold each, all there is to write to; many thousand files end the session."""
    processes: Amount = 32
    """Processes and threads at a time."""
    output: int = Field(default=10_000, ge=100, le=10_000_000)
    """Characters of output that are kept."""


class SearchSettings(_Section):
    """How the web is searched and read."""

    region: str = "us-en"
    """Country and language, as DuckDuckGo spells them."""
    safesearch: Literal["on", "moderate", "off"] = "moderate"
    results: Amount = 5
    timeout_s: Seconds = 20.0
    """Seconds for one attempt, a page's reading too."""
    per_minute: Amount = 20
    """Searches and pages a minute, at most."""
    retries: int = Field(default=2, ge=0, le=100)
    page_kb: Amount = 2_000
    """Most that is read of one page; a larger one is refused."""


class BrowserSettings(_Section):
    """The browser of web agents."""

    executable: str = ""
    """The Chromium to start, by path or name; found by itself where none is named."""
    start_s: Seconds = 60.0
    """Seconds in which it has to be up."""
    timeout_s: Seconds = 15.0
    """Seconds for one action."""


class McpServer(_Section):
    """A server of the Model Context Protocol: a program that is started, or an address."""

    command: tuple[str, ...] = ()
    """The program and its arguments: it is started for each conversation, and spoken to by its pipes."""
    env: tuple[str, ...] = ()
    """Names of variables of this process that the program gets beside a few such as `PATH`."""
    url: str = ""
    """Where a server listens to HTTP."""
    key_env: str = ""
    """The variable that holds its bearer token."""
    timeout_s: Seconds = 60.0
    """Seconds for one call."""
    again: bool = False
    """A resumed conversation makes its earlier calls again: for servers that forget when they end."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.command) is bool(self.url):
            raise ValueError("name either command or url")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url is {self.url!r}; it begins with http:// or https://")
        return self


class ToolSettings(_Section):
    """All of them."""

    browser: BrowserSettings = BrowserSettings()
    interpreter: InterpreterSettings = InterpreterSettings()
    search: SearchSettings = SearchSettings()
    mcp: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], McpServer] = {}
    """Servers whose tools leaves and contenders may use, as `mcp:NAME` or `mcp:NAME:TOOL`."""
    contenders: dict[str, tuple[str, ...]] = {}
    """Tools of `mcp` that a contender has whatever it is asked, by its alias."""
