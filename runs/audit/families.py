"""Who made the models of an audit, as far as a config or their names tell."""

from collections.abc import Mapping

from ...agents.models.settings import ModelSettings, ScriptedSettings


def family(name: str) -> str:
    """Return the maker that a model's name tells of, or the name itself."""
    return ScriptedSettings(provider="scripted", model=name, script="").maker


def families(served: Mapping[str, str], models: Mapping[str, ModelSettings]) -> dict[str, str]:
    """Return the makers by alias: from the config where it has the alias, else from names.

    Args:
        served: The model behind each alias, as `provider/model`; empty where unknown.
        models: The models of a run's config; empty without one.
    """
    return {
        alias: models[alias].maker if alias in models else family(_bare(model) or alias)
        for alias, model in served.items()
    }


def _bare(served: str) -> str:
    """Return `model` of `provider/model`; an embedded model says nothing of who made it."""
    provider, _, name = served.partition("/")
    return "" if provider == "offline" else name or provider
