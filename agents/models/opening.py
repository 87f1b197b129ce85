"""Opens configured models: settings in, providers and the limits of their endpoints out."""

from collections.abc import Mapping

from ..errors import UserError
from .door import OpenModel
from .limits import Limits
from .provider import Provider
from .settings import (
    ClassifierSettings,
    ModelSettings,
    OfflineSettings,
    OpenAISettings,
    RecordedSettings,
    RewardSettings,
    ScriptedSettings,
)

UNASKED = "none"
"""The key of endpoints that nobody asks."""


def open_provider(
    alias: str, settings: ModelSettings, seed: int, *, network: bool = True
) -> Provider:
    """Return the provider of one model; heavy libraries are imported only where it needs them.

    Without `network` it is opened to tell what it would be asked, and needs no key.

    Raises:
        ValueError: the settings name a file, function or key that is not there.
    """
    key = "" if network else UNASKED
    match settings:
        case OpenAISettings():
            from .openai import OpenAIProvider

            return OpenAIProvider(alias, settings, key)
        case RewardSettings():
            from .reward import RewardProvider

            return RewardProvider(alias, settings, key)
        case ClassifierSettings():
            from .classifier import ClassifierProvider

            return ClassifierProvider(settings)
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
    models: Mapping[str, ModelSettings],
    limits: Mapping[str, Limits],
    seed: int,
    *,
    network: bool = True,
) -> dict[str, OpenModel]:
    """Return every model of a config by alias, each behind its limits.

    Raises:
        UserError: naming every alias whose settings cannot work, and why.
    """
    opened: dict[str, OpenModel] = {}
    wrong: list[str] = []
    for alias, settings in models.items():
        try:
            provider = open_provider(alias, settings, seed, network=network)
            opened[alias] = OpenModel(settings, provider, limits[alias])
        except UserError as error:
            wrong.append(str(error))  # names its alias already
        except ValueError as error:
            wrong.append(f"models.{alias}.{error}")
    if wrong:
        raise UserError("\n".join(wrong))
    return opened
