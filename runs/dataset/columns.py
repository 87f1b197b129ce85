"""The columns of each config of the dataset, fixed: no column is ever null or padded with nulls."""

import pyarrow as pa


def _list(of: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", of, nullable=False))


def _struct(**fields: pa.DataType) -> pa.DataType:
    return pa.struct([pa.field(name, kind, nullable=False) for name, kind in fields.items()])


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
    "skill": _TEXT,
    "leaf": _TEXT,
    "complexity": _INT,
    "round": _INT,
    "models": _TEXTS,
    "licence": _TEXT,
    "source": _TEXT,
}
_TRAINING = {
    "instruction_id": _TEXT,
    "seed_id": _TEXT,
    "expected_behaviour": _TEXT,
    "battles": _TEXTS,
    "orders": _INT,
}

SCHEMAS: dict[str, pa.Schema] = {
    "instructions": _schema(
        {
            "prompt": _TEXT,
            "task": _TEXT,
            "context": _TEXT,
            "options": _TEXTS,
            "user_turns": _TEXTS,
            "tools": _TEXT,
            "expected_behaviour": _TEXT,
            "checker": _TEXT,
            "transformation": _TEXT,
            "operator": _TEXT,
            "depth": _INT,
            "model": _TEXT,
            "prompts": _TEXTS,
            "seed_id": _TEXT,
            "outcome": _TEXT,
            "difficulty": _list(_FLOAT),
            "orders": _INT,
        }
    ),
    "sft": _schema(
        {
            "messages": _MESSAGES,
            "margin": _FLOAT,
            "answered_by": _TEXT,
            "cut": _BOOL,
            **_TRAINING,
        }
    ),
    "preference": _schema(
        {
            "prompt": _MESSAGES,
            "chosen": _MESSAGES,
            "rejected": _MESSAGES,
            "margin": _FLOAT,
            "chosen_model": _TEXT,
            "rejected_model": _TEXT,
            "chosen_cut": _BOOL,
            "rejected_cut": _BOOL,
            **_TRAINING,
        }
    ),
    "rlvr": _schema(
        {
            "prompt": _MESSAGES,
            "user_turns": _TEXTS,
            "checker": _TEXT,
            "parameters": _TEXT,
            "passed": _FLOAT,
            **_TRAINING,
        }
    ),
    "battles": _schema(
        {
            "question_id": _TEXT,
            "model_a": _TEXT,
            "model_b": _TEXT,
            "winner": _TEXT,
            "margin": _FLOAT,
            "agreement": _FLOAT,
            "decided_by": _TEXT,
            "disputed": _BOOL,
            "purpose": _TEXT,
            "outcome": _TEXT,
            "kept_aside": _TEXT,
            "answer_a": _TEXT,
            "answer_b": _TEXT,
            "conversation_a": _MESSAGES,
            "conversation_b": _MESSAGES,
            "served_a": _TEXT,
            "served_b": _TEXT,
            "checked_a": _TEXT,
            "checked_b": _TEXT,
            "broken_a": _TEXT,
            "broken_b": _TEXT,
            "cut_a": _BOOL,
            "cut_b": _BOOL,
            "games": _GAMES,
            "cascade": _TEXT,
            "debate": _DEBATE,
        }
    ),
    "rejects": _schema(
        {
            "stage": _TEXT,
            "reason": _TEXT,
            "detail": _TEXT,
            "subject": _TEXT,
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
