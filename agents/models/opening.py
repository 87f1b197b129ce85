"""Opens configured models: settings in, providers and the limits of their endpoints out."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..errors import UserError
from .dialect import Learned
from .door import OpenModel
from .limits import Limits
from .provider import Provider
from .secrets import UNASKED
from .settings import (
    ClassifierSettings,
    EmbeddingSettings,
    LocalSettings,
    MendedSettings,
    ModelSettings,
    OfflineSettings,
    OpenAISettings,
    ProgramSettings,
    RecordedSettings,
    RewardSettings,
    ScriptedSettings,
    TransformersSettings,
)


def open_provider(
    alias: str,
    settings: ModelSettings,
    seed: int,
    learned: Learned | None = None,
    *,
    network: bool = True,
    notify: Callable[[str], object] = lambda text: None,
) -> Provider:
    """Return the provider of one model; heavy libraries are imported only where it needs them.

    `learned` is what aliases of one model at one endpoint share. Without `network` it is opened to
    tell what it would be asked, and needs no key. `notify` gets a line of what a provider does by
    itself.

    Raises:
        ValueError: the settings name a file, function or key that is not there.
    """
    key = "" if network else UNASKED
    match settings:
        case EmbeddingSettings():
            from .embedding import EmbeddingProvider

            return EmbeddingProvider(alias, settings, key)
        case OpenAISettings():
            from .openai import OpenAIProvider

            return OpenAIProvider(alias, settings, learned, key=key, notify=notify)
        case LocalSettings():
            from .local import LocalProvider

            return LocalProvider(alias, settings, notify=notify, served=network)
        case RewardSettings():
            from .reward import RewardProvider

            return RewardProvider(alias, settings, key)
        case TransformersSettings():
            from .transformers import TransformersProvider

            return TransformersProvider(settings, seed, asked=network)
        case OfflineSettings():
            from .offline import OfflineProvider

            return OfflineProvider(settings, seed)
        case MendedSettings():
            from .program import MendedProvider

            inner = open_provider(alias, settings.of, seed, learned, network=network, notify=notify)
            return MendedProvider(settings, inner)
        case _:
            return _of_settings(settings)


def _of_settings(
    settings: ClassifierSettings | RecordedSettings | ScriptedSettings | ProgramSettings,
) -> Provider:
    """Return the provider of a model that is made of its settings alone."""
    match settings:
        case ClassifierSettings():
            from .classifier import ClassifierProvider

            return ClassifierProvider(settings)
        case RecordedSettings():
            from .recorded import RecordedProvider

            return RecordedProvider(settings)
        case ScriptedSettings():
            from .program import ScriptedProvider

            return ScriptedProvider(settings)
        case ProgramSettings():
            from .program import ProgramProvider

            return ProgramProvider(settings)


def open_models(
    models: Mapping[str, ModelSettings],
    limits: Mapping[str, Limits],
    seed: int,
    *,
    network: bool = True,
    notify: Callable[[str], object] = lambda text: None,
) -> dict[str, OpenModel]:
    """Return every model of a config by alias, each behind its limits.

    Raises:
        UserError: naming every alias whose settings cannot work, and why.
    """
    opened: dict[str, OpenModel] = {}
    wrong: list[str] = []
    known: dict[tuple[str, str, str], Learned] = {}
    for alias, settings in models.items():
        try:
            shared = _learned(settings, known)
            provider = open_provider(alias, settings, seed, shared, network=network, notify=notify)
            opened[alias] = OpenModel(settings, provider, limits[alias])
        except UserError as error:
            wrong.append(str(error))  # names its alias already
        except ValueError as error:
            wrong.append(f"models.{alias}.{error}")
    if wrong:
        raise UserError("\n".join(wrong))
    return _ranked(opened)


def _ranked(opened: dict[str, OpenModel]) -> dict[str, OpenModel]:
    """Tell aliases apart that are the same model but for how long it may write."""
    caps: dict[tuple[str, str, str], set[int]] = {}
    same = {
        alias: (model.settings.model, model.settings.version, repr(model.params))
        for alias, model in opened.items()
        if isinstance(model.settings, OpenAISettings)
    }
    for alias, one in same.items():
        caps.setdefault(one, set()).add(opened[alias].settings.max_tokens)
    ranks = {a: sorted(caps[one]).index(opened[a].settings.max_tokens) for a, one in same.items()}
    return {alias: replace(model, rank=ranks.get(alias, 0)) for alias, model in opened.items()}


def _learned(settings: ModelSettings, known: dict[tuple[str, str, str], Learned]) -> Learned | None:
    if not isinstance(settings, OpenAISettings):
        return None
    place = (settings.endpoint, settings.model, settings.structured)
    return known.setdefault(place, Learned.of(settings.structured))
