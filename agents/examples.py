"""One short filled reply of each type, about things that no document of a user is about.

A model that hands its example back has said nothing: what is compared with these are its texts.
"""

from collections.abc import Mapping
from typing import Any

_CHECK = {"terms": ["lamp"], "replacements": ["lantern"]}
_TASK = {
    "task": "Why did the keeper of the lighthouse light the lamp a second time?",
    "options": [
        "The storm had blown it out.",
        "A ship had asked for it.",
        "The oil had run dry.",
        "A visitor had put it out.",
    ],
    "expected_behaviour": "answer",
    "check": _CHECK,
    "user_turns": ["And who helped the keeper?"],
}
_API = {
    "name": "ring_bell",
    "description": "Rings the bell of a lighthouse a number of times.",
    "parameters": [
        {"name": "times", "type": "integer", "description": "How often.", "required": True}
    ],
    "returns": '{"rung": 3}',
}
_LEAF = {
    "name": "cause_before_effect",
    "title": "Cause before effect",
    "definition": "Asks which of several events made a named one happen, where another came before it.",
    "rubric": "The answer names the cause and not merely what happened earlier.",
}
_WAY = {
    "name": "logbook",
    "brief": "The entries of a logbook that tell what the seed tells, in the order they were written.",
}
_DRAFTED = {
    **_LEAF,
    "answer_form": "one sentence",
    "objective": True,
    "gives": "context",
    "checker": "",
    "check_terms": "",
}
_AIM = {
    "name": "told_backwards",
    "brief": "Let the text tell what happened last first.",
    "edits": "passage",
}
_DIRECTION = {
    "goal": "add_condition",
    "direction": "Ask also what the keeper would have done if the oil had run out.",
}
_REASON = "The first names the storm, as the passage does; the second speaks of a ship."

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "PassageReply": {
        "suitable": True,
        "reason": "It tells of people, times and causes.",
        "passage": "The keeper of the lighthouse lit the lamp at six. At nine the storm blew it out.",
    },
    "TaskReply": _TASK,
    "TasksReply": {"tasks": [_TASK]},
    "SuggestionReply": _DIRECTION,
    "SuggestionsReply": {"suggestions": [_DIRECTION]},
    "EditReply": {
        **_TASK,
        "passage": "The keeper lit the lamp at seven. At nine the storm blew it out.",
    },
    "ConstraintReply": {
        "reason": "Both name the storm; only the winner says how the lamp was lit again.",
        "constraint": "The answer must also say what was done about it, in the order it happened.",
    },
    "CurationReply": {
        "reason": "The passage says that the storm blew the lamp out, so the question has an answer.",
        "self_contained": True,
        "matches_passage": True,
        "matches_leaf": True,
        "label_right": True,
    },
    "ScoreReply": {
        "own_answer": "The storm blew the lamp out.",
        "reason": _REASON,
        "score_first": 8,
        "score_second": 3,
    },
    "ChoiceReply": {
        "own_answer": "The storm blew the lamp out.",
        "reason": _REASON,
        "choice": "first",
    },
    "FiveGradeReply": {
        "own_answer": "The storm blew the lamp out.",
        "reason": _REASON,
        "grade": "A>B",
    },
    "LeafReply": _LEAF,
    "LeavesReply": {"reason": "The model takes what came first for the cause.", "leaves": [_LEAF]},
    "ApisReply": {"apis": [_API]},
    "WayReply": _WAY,
    "DraftedLeafReply": _DRAFTED,
    "AimReply": _AIM,
    "PackReply": {
        "title": "Order of events",
        "description": "Telling from a text in which order things happened.",
        "advice": "A good task needs two places of the text. Dates that stand side by side spoil it.",
        "seed_kinds": ["text"],
        "transformations": [_WAY],
        "leaves": [_DRAFTED],
        "goals": [_AIM],
    },
    "QuestionReply": {"question": "What would the keeper have lost by waiting until dawn?"},
    "LetterReply": {"reason": "The passage says that the storm blew the lamp out.", "letter": "B"},
    "UserReply": {"done": False, "turn": "And who lit it again after nine?"},
    "DifficultyReply": {"reason": "Two places of the text have to be joined.", "difficulty": 4},
    "CriteriaReply": {
        "specificity": True,
        "domain_knowledge": False,
        "complexity": False,
        "problem_solving": True,
        "creativity": False,
        "technical_accuracy": False,
        "real_world": True,
    },
}
"""By the reply type's name."""
