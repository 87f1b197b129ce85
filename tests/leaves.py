"""A skill of few leaves, for what weighs and grades them."""

from arenainstruct.taxonomy.skill import Goal, Leaf, Skill, SkillPrompts, Transformation

NAMES = ("literal", "inference", "summary", "tone")


def skill(name: str = "reading", leaves: tuple[str, ...] = NAMES) -> Skill:
    return Skill(
        name=name,
        title=name,
        description="",
        seed_kinds=("text",),
        prompts=SkillPrompts.model_validate(dict.fromkeys(SkillPrompts.model_fields, "t")),
        transformations=(Transformation(name="plain", brief=""),),
        leaves=tuple(
            Leaf(name=n, title=n, definition="", answer_form="", rubric="") for n in leaves
        ),
        goals=(Goal(name="harder", brief=""),),
    )
