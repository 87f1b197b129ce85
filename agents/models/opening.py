"""Opens configured models: settings in, providers and the limits of their endpoints out."""

from collections.abc import Mapping

from ..errors import UserError
from .door import OpenModel
from .limits import Limits
from .provider import Provider
from .settings import (
    ModelSettings,
    OfflineSettings,
    OpenAISettings,
    RecordedSettings,
    ScriptedSettings,
)


def open_provider(alias: str, settings: ModelSettings, seed: int) -> Provider:
    """Return the provider of one model; heavy libraries are imported only where it needs them.

    Raises:
        ValueError: the settings name a file, function or key that is not there.
    """
    match settings:
        case OpenAISettings():
            from .openai import OpenAIProvider

            return OpenAIProvider(alias, settings)
        case OfflineSettings():
            from .offline import OfflineProvider

            return OfflineProvider(settings, seed)
        case RecordedSettings():
            from .recorded import RecordedProvider

            return RecordedProvider(settings)
        case ScriptedSettings():
            from .scripted import ScriptedProvider

            return ScriptedProvider(settings)


def open_models(
    models: Mapping[str, ModelSettings], limits: Mapping[str, Limits], seed: int
) -> dict[str, OpenModel]:
    """Return every model of a config by alias, each behind its limits.

    Raises:
        UserError: naming the alias and what is wrong with its settings.
    """
    opened: dict[str, OpenModel] = {}
    for alias, settings in models.items():
        try:
            provider = open_provider(alias, settings, seed)
        except UserError:
            raise  # names its alias already
        except ValueError as error:
            raise UserError(f"models.{alias}: {error}") from error
        opened[alias] = OpenModel(settings, provider, limits[alias])
    return opened
