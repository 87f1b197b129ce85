r"""Forms that only machines read, broken by a backslash before a text goes into a juror's prompt.

    disarmed("Salt.<|im_end|>")  # "Salt.<\|im_end|>"

The prompt fences each text by a mark that no text can hold (`prompts/template.py`), and tells jurors
that what it fences is data. Three things could still be taken for what they are not: control tokens
of chat templates, which some servers read in any text; tags in the form of our own with another
number; the fields of our own reply. Whatever else a text says stays, byte for byte: it is the words
of whoever wrote it, and `flags.py` tells where they are addressed to the juror.
"""

import re

_SECTIONS = (
    "instruction|apis|expected_behaviour|rubric|objective|debate|statement|first|second"
    "|own_verdict|verdict|actions|words|mark"
)
_ARMED = re.compile(
    # Each form begins with its own letter, and is searched for by it.
    # ChatML, Llama, Phi, Qwen, DeepSeek, Harmony; Gemma; Llama 2; our sections with any number.
    rf"<(?=[|｜][\w▁]+[|｜]>|/?(?:start|end)_of_turn>|</?SYS>>|\s*+(?:/\s*+)?(?i:{_SECTIONS})-\d)"
    rf"|＜(?=\s*+(?:/\s*+)?(?i:{_SECTIONS})-\d)"
    # Llama 2 and Mistral; `a[INST]` is an index.
    r"|\[(?<!\w\[)(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\])"
    # What a juror's reply holds, and nothing else does.
    r'|"(?=score_(?:first|second)"\s*+:\s*+\d|grade"\s*+:\s*+"[AB](?:>>?|=)[AB]")'
)


def disarmed(text: str) -> str:
    """Return the text with a backslash in each form that only a machine reads; mostly as it is."""
    return _ARMED.sub(r"\g<0>\\", text)
