"""The columns of each config of the dataset, fixed: no column is ever null or padded with nulls."""

import pyarrow as pa


def _list(of: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", of, nullable=False))


def _struct(**fields: pa.DataType) -> pa.DataType:
    return pa.struct([pa.field(name, kind, nullable=False) for name, kind in fields.items()])


def _each(kind: pa.DataType, *names: str) -> dict[str, pa.DataType]:
    """Return columns of one kind."""
    return dict.fromkeys(names, kind)


def _schema(own: dict[str, pa.DataType]) -> pa.Schema:
    kinds = {"id": _TEXT, "parents": _TEXTS, **own, **_PROVENANCE}
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])


_TEXT, _INT, _FLOAT, _BOOL = pa.string(), pa.int32(), pa.float64(), pa.bool_()
_TEXTS = _list(_TEXT)
_MESSAGES = _list(_struct(role=_TEXT, content=_TEXT))
_GAMES = _list(
    _struct(
        juror=_TEXT,
        model=_TEXT,
        shown_first=_TEXT,
        score_a=_FLOAT,
        score_b=_FLOAT,
        reason=_TEXT,
        own_answer=_TEXT,
        before_a=_FLOAT,
        before_b=_FLOAT,
        before_reason=_TEXT,
        orders=_INT,
        rewards=_list(_FLOAT),
    )
)
_DEBATE = _list(_struct(speaker=_TEXT, round=_INT, actions=_TEXT, text=_TEXT))
_PROVENANCE = {
    **_each(_TEXT, "skill", "leaf"),
    **_each(_INT, "complexity", "round"),
    "models": _TEXTS,
    **_each(_TEXT, "licence", "source"),
}
_TRAINING = {
    **_each(_TEXT, "instruction_id", "seed_id", "expected_behaviour"),
    "battles": _TEXTS,
    "orders": _INT,
}

SCHEMAS: dict[str, pa.Schema] = {
    "instructions": _schema(
        {
            **_each(_TEXT, "prompt", "task", "context"),
            **_each(_TEXTS, "options", "user_turns"),
            **_each(_TEXT, "tools", "expected_behaviour", "checker", "transformation", "operator"),
            "depth": _INT,
            "model": _TEXT,
            "prompts": _TEXTS,
            **_each(_TEXT, "seed_id", "outcome"),
            "difficulty": _list(_FLOAT),
            "orders": _INT,
        }
    ),
    "sft": _schema(
        {"messages": _MESSAGES, "margin": _FLOAT, "answered_by": _TEXT, "cut": _BOOL, **_TRAINING}
    ),
    "preference": _schema(
        {
            **_each(_MESSAGES, "prompt", "chosen", "rejected"),
            "margin": _FLOAT,
            **_each(_TEXT, "chosen_model", "rejected_model"),
            **_each(_BOOL, "chosen_cut", "rejected_cut"),
            **_TRAINING,
        }
    ),
    "rlvr": _schema(
        {
            "prompt": _MESSAGES,
            "user_turns": _TEXTS,
            **_each(_TEXT, "checker", "parameters"),
            "passed": _FLOAT,
            **_TRAINING,
        }
    ),
    "battles": _schema(
        {
            **_each(_TEXT, "question_id", "model_a", "model_b", "winner"),
            **_each(_FLOAT, "margin", "agreement"),
            "decided_by": _TEXT,
            "disputed": _BOOL,
            **_each(_TEXT, "purpose", "outcome", "kept_aside", "answer_a", "answer_b"),
            **_each(_MESSAGES, "conversation_a", "conversation_b"),
            **_each(
                _TEXT, "served_a", "served_b", "checked_a", "checked_b", "broken_a", "broken_b"
            ),
            **_each(_BOOL, "cut_a", "cut_b"),
            "games": _GAMES,
            "cascade": _TEXT,
            "debate": _DEBATE,
        }
    ),
    "rejects": _schema(
        {
            **_each(_TEXT, "stage", "reason", "detail", "subject"),
            "failed": _BOOL,
            "model": _TEXT,
            "calls": _TEXTS,
        }
    ),
}
"""By config, in the order of the card."""


def with_thoughts(config: str) -> pa.Schema:
    """Return the columns of a config with those of the models' thoughts, where it has answers to train on."""
    schema = SCHEMAS[config]
    for name in THOUGHTS.get(config, ()):
        schema = schema.append(pa.field(name, _TEXTS, nullable=False))
    return schema


THOUGHTS = {"sft": ("thoughts",), "preference": ("chosen_thoughts", "rejected_thoughts")}
"""Columns by config: what was thought before each of the assistant's turns."""
