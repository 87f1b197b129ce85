"""What a contender gets beside the task: context, APIs, tools and files."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiParameter(_Given):
    """One parameter of an API; `type` is a JSON-schema type name."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "array", "object"] = "string"
    description: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    """The only texts it may be, or hold where it is an array; empty where any will do."""
    least: float | None = None
    most: float | None = None
    shape: str = ""
    """A JSON schema of its values, where that tells more than the fields above: what stands inside them."""


class Api(_Given):
    """One callable API, described well enough to call it."""

    name: str
    description: str
    parameters: tuple[ApiParameter, ...] = ()
    returns: str = ""
    """An example result as JSON text, or a sentence when none is known."""
    hypothesised: bool = False
    """True where a model invented it: it stands in no given seed."""


class File(_Given):
    """A text that a contender gets as a file, for its tools to read."""

    name: str
    text: str


class Environment(_Given):
    """What a contender gets beside the task: texts before its eyes, and what it may call."""

    context: str = ""
    """The text the task is about, shown above it; empty where the task carries everything."""
    apis: tuple[Api, ...] = ()
    """APIs to call, which a simulator answers."""
    busy: int = 0
    """How many calls of the APIs, from the first one, find the service busy and have to be made again."""
    tools: tuple[str, ...] = ()
    """Names of tools in `tools.registry`."""
    listed: tuple[str, ...] = ()
    """Tools of MCP servers as they were listed to whoever answered, in JSON; of no instruction by itself."""
    files: tuple[File, ...] = ()
    """What tools can read."""
    site: str | None = None
    """A website to use in a browser, as `tools.browser.pages` reads it; None where there is none."""

    @property
    def callable(self) -> bool:
        """Return whether there is anything to call."""
        return bool(self.apis or self.tools)

    @property
    def material(self) -> str:
        """Return the text that the task is about, whether it is shown, lies in files or is a site."""
        texts = (self.context, *(f.text for f in self.files), self.site)
        return "\n\n".join(text for text in texts if text)

    def filled(self, text: str, apis: tuple[Api, ...]) -> "Environment":
        """Return the environment with what a passage gives; the text of an API list only says it again."""
        return self.rewritten("" if apis else text).model_copy(update={"apis": apis})

    def rewritten(self, material: str) -> "Environment":
        """Return the environment with another text in the place where it has one."""
        if self.site is not None:
            return self.model_copy(update={"site": material})
        if not self.files:
            return self.model_copy(update={"context": material})
        (file,) = self.files
        return self.model_copy(update={"files": (file.model_copy(update={"text": material}),)})
