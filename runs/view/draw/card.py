"""The battle card."""

from ....agents.records import Game, Turn
from ..card import Card, Said, Side
from . import bits
from .markup import Safe, h, join


def verdict(card: Card) -> Safe:
    """Return the verdict with how it came about, and a person's word on it."""
    battle = card.battle
    name = {"model_a": card.a.model, "model_b": card.b.model}.get(battle.winner, "nobody")
    human = {"model_a": card.a.model, "model_b": card.b.model}.get(card.human, card.human)
    flips = sum(said.flipped for said in card.jurors)
    apart = f"{abs(card.longer):,} characters {'longer' if card.longer > 0 else 'shorter'}"
    return bits.words(
        bits.chip(battle.winner),
        f"{name}, median lead {abs(battle.margin):.2f} points" if battle.winner != "tie" else None,
        f"decided by the {battle.decided_by}"
        if battle.decided_by != "identical"
        else "identical answers",
        f"agreement {bits.share(battle.agreement)}",
        bits.chip("disputed", "the jury could not settle it") if battle.disputed else None,
        f"{flips} of {len(card.jurors)} jurors changed with the order" if card.jurors else None,
        f"A is {apart}" if card.longer else "both are as long",
        [h("b", "your verdict: "), bits.chip(card.human), f" {human}" if human else ""]
        if card.human
        else None,
    )


def question(card: Card) -> Safe:
    """Return what was asked; the document it is about is folded, since it may be long."""
    asked = (
        None
        if card.expected in ("", "answer")
        else f"A good answer: {card.expected.replace('_', ' ')}"
    )
    return join(
        h("p", asked, class_="soft") if asked else None,
        bits.text(card.question or "The question is not in the store."),
        h(
            "details",
            h("summary", f"the document it is about, {len(card.document):,} characters"),
            bits.text(card.document, tall=True),
        )
        if card.document
        else None,
    )


def answers(card: Card) -> Safe:
    """Return both answers side by side."""
    return h("div", _side("A", card.a, "a"), _side("B", card.b, "b"), class_="two")


def _side(letter: str, side: Side, tone: str) -> Safe:
    checked, steps, answer = None, list[Safe](), side.answer
    if answer and answer.checked is not None:
        said = answer.check_note or ("passed" if answer.checked else "failed")
        checked = h("p", bits.chip("won" if answer.checked else "lost"), f" checker: {said}")
    if answer and len(answer.turns) > 1:
        steps = [
            h("div", h("h3", turn.role), bits.text(turn.content or _calls(turn)))
            for turn in answer.turns
        ]
    return h(
        "section",
        h(
            "h2",
            f"{letter}: {side.model}",
            h("small", f"{answer.model if answer else ''}, {len(side.text):,} characters"),
        ),
        checked,
        steps or bits.text(side.text or "No text.", tall=True),
        class_=f"panel side-{tone}",
    )


def _calls(turn: Turn) -> str:
    return "\n".join(f"{call.name}({call.arguments})" for call in turn.tool_calls)


def jurors(card: Card) -> Safe:
    """Return what each juror said, in both orders."""
    if not card.jurors:
        same = card.battle.decided_by == "identical"
        why = "Both answers are the same." if same else f"The {card.battle.decided_by} decided."
        return bits.nothing("No juror was asked", why)
    return h("div", [_juror(said) for said in card.jurors])


def _juror(said: Said) -> Safe:
    head = bits.words(
        h("b", said.juror),
        h("span", said.model, class_="soft"),
        f"{said.lead:+.2f} points for A" if said.lead >= 0 else f"{-said.lead:+.2f} points for B",
        bits.chip("changed with the order") if said.flipped else None,
        None if said.agrees else bits.chip("disagrees", "Its own word is not the verdict"),
    )
    return h(
        "div", head, h("div", [_game(game) for game in said.games], class_="dual"), class_="juror"
    )


def _game(game: Game) -> Safe:
    first = "A" if game.shown_first == "model_a" else "B"
    before = None
    if game.before:
        before = h(
            "p",
            f"Before conferring: A {game.before.score_a:g}, B {game.before.score_b:g}. {game.before.reason}",
            class_="soft",
        )
    orders = (
        h("p", bits.chip("speaks to the juror", "A text shown seems to address the juror"))
        if game.orders
        else None
    )
    return h(
        "div",
        h("h3", f"{first} shown first: A {game.score_a:g}, B {game.score_b:g}"),
        bits.text(game.reason or "No reason given."),
        before,
        orders,
    )


def becomes(run: str, card: Card) -> Safe:
    """Return what the battle led to."""
    rows = [
        h("div", bits.link([kind, " ", bits.shortened(id)], bits.run_link(run, "row", id)))
        for kind, id in card.rows
    ]
    nothing = h("p", "It trains nobody.", class_="soft")
    return h("div", h("p", card.decision) if card.decision else None, rows or nothing)
