"""PPO on any causal model: write, be rewarded, and make what was rewarded likelier, a little at a time.

After Schulman et al. (arXiv 1707.06347): the clipped surrogate over advantages by GAE, with a value head on
the policy's own last hidden states (which it does not move) and a price on each token's divergence from
the weights that the step started from. Every draw is seeded by its iteration and row, so a training
taken up again goes the same way.
"""

from math import ceil, isfinite
from pathlib import Path
from random import Random
from typing import Any

from ....agents.models.causal import Causal, Prompt, Written
from ....agents.models.chat import tokenizer_of
from ....tools.optional import optional
from ..marker import mark
from ..settings import PpoSettings
from .policy import Batch, Policy
from .rewards import Asked, Rewards, prompts
from .work import EXTRA, Facts, TrainingEnds, Work


def ppo(work: Work) -> Facts:
    """Train the policy on what it writes itself."""
    tokenizer = tokenizer_of(work.base)
    rewards = Rewards(work, tokenizer)
    asked, left_out = prompts(work, tokenizer, rewards, work.plan.settings.ppo.max_tokens)
    if not asked:
        return work.came_to(0, left_out)
    course = _Course(work, tokenizer, rewards, asked)
    course.go()
    work.keep(course.policy.merged(), tokenizer, facts := course.facts(left_out))
    return facts


class _Course:
    """One training: the policy, and the rewards and losses by iteration so far."""

    def __init__(self, work: Work, tokenizer: Any, rewards: Rewards, asked: list[Asked]) -> None:
        self._torch = optional("torch", EXTRA)
        self._torch.manual_seed(work.plan.seed)
        self._work, self._rewards, self._asked = work, rewards, asked
        self._settings: PpoSettings = work.plan.settings.ppo
        self.policy = Policy(work, self._settings)
        self._writer = Causal(self.policy.model, tokenizer, work.device, self._settings.minibatch)
        self._curves: dict[str, list[float]] = {"loss": [], "reward": []}

    def facts(self, left_out: int) -> Facts:
        """Return what came of it."""
        return self._work.came_to(len(self._asked), left_out, **self._curves)

    def go(self) -> None:
        """Do the iterations that are not done yet."""
        settings = self._settings
        rows = ceil(settings.epochs * len(self._asked) / settings.batch)
        total = settings.fixed_updates or rows
        start = self._taken_up()
        for number in range(start, total):
            reward, loss = self._iterate(number)
            if not isfinite(loss):
                raise TrainingEnds("diverged", f"ppo: the loss is {loss} at iteration {number + 1}")
            self._curves["loss"].append(loss)
            self._curves["reward"].append(reward)
            self._work.tell(
                "loss",
                step="ppo",
                at=number + 1,
                of=total,
                loss=round(loss, 5),
                reward=round(reward, 4),
            )
            if (number + 1) % self._work.plan.settings.save_every == 0 and number + 1 < total:
                self._save(number + 1)

    def _iterate(self, number: int) -> tuple[float, float]:
        """Write, reward and learn once; return the mean reward and the mean loss."""
        torch, settings = self._torch, self._settings
        drawn = self._drawn(number)
        written = self._write(drawn, number)
        scores = [self._rewards.of(a, w.text) for a, w in zip(drawn, written, strict=True)]
        batch = Batch.of([a.ids for a in drawn], [w.ids for w in written], self._work.device)
        with torch.no_grad():
            old, values = self.policy.weighed(batch)
            apart = settings.kl * (old - self.policy.before(batch))
        paid = -apart * batch.own
        last = batch.own.long().cumsum(1).argmax(1)
        paid[torch.arange(len(drawn)), last] += torch.tensor(scores, device=paid.device)
        gains, returns = advantages(paid, values, batch.own, settings.gamma, settings.lam)
        losses = []
        for pass_ in range(settings.updates):
            order = Random(f"{self._work.plan.seed}/{number}/{pass_}").sample(
                range(len(drawn)), len(drawn)
            )
            for at in range(0, len(order), settings.minibatch):
                some = torch.tensor(order[at : at + settings.minibatch], device=paid.device)
                losses.append(self.policy.learn(batch[some], old[some], gains[some], returns[some]))
        return sum(scores) / len(scores), sum(losses) / len(losses)

    def _drawn(self, number: int) -> list[Asked]:
        """Return the prompts of an iteration: all of them once, in an order of its own, then again."""
        size, found = self._settings.batch, list[Asked]()
        for at in range(number * size, (number + 1) * size):
            lap, place = divmod(at, len(self._asked))
            order = Random(f"{self._work.plan.seed}/lap/{lap}").sample(
                range(len(self._asked)), len(self._asked)
            )
            found.append(self._asked[order[place]])
        return found

    def _write(self, drawn: list[Asked], number: int) -> list[Written]:
        """Return what the policy writes to each prompt, bucket by bucket."""
        settings, wide = self._settings, dict[tuple[int, int], list[int]]()
        told = [
            Prompt(
                asked.ids,
                settings.temperature,
                Random(f"{self._work.plan.seed}/{number}/{row}").getrandbits(48),
                settings.max_tokens,
            )
            for row, asked in enumerate(drawn)
        ]
        for row, prompt in enumerate(told):
            wide.setdefault(prompt.bucket, []).append(row)
        found: dict[int, Written] = {}
        self.policy.model.eval()
        for rows in wide.values():
            for at in range(0, len(rows), self._writer.batch):
                part = rows[at : at + self._writer.batch]
                found |= zip(part, self._writer.write([told[row] for row in part]), strict=True)
        return [found[row] for row in range(len(drawn))]

    def _save(self, number: int) -> None:
        """Keep all that the next iteration depends on."""
        folder = self._work.folder / "trainer" / f"checkpoint-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        state = {"policy": self.policy.state(), "curves": self._curves, "done": number}
        self._torch.save(state, folder / "state.pt")
        mark(folder, {})
        self._work.forget_older()

    def _taken_up(self) -> int:
        """Load the last whole checkpoint; return how many iterations are done."""
        found = self._work.whole_checkpoint()
        if found is None:
            return 0
        state = self._torch.load(Path(found) / "state.pt", map_location=self._work.device)
        self.policy.load(state["policy"])
        self._curves = state["curves"]
        return int(state["done"])


def advantages(paid: Any, values: Any, own: Any, gamma: float, lam: float) -> tuple[Any, Any]:
    """Return the advantages of each token, whitened over all that count, and the returns.

    `own` says which tokens the policy wrote; those of one row follow each other.
    """
    torch = optional("torch", EXTRA)
    gains, ahead = torch.zeros_like(paid), torch.zeros_like(paid[:, 0])
    following = torch.zeros_like(ahead)
    for at in reversed(range(paid.shape[1])):
        here = own[:, at]
        surprise = paid[:, at] + gamma * following - values[:, at]
        ahead = torch.where(here, surprise + gamma * lam * ahead, torch.zeros_like(ahead))
        following = torch.where(here, values[:, at], torch.zeros_like(ahead))
        gains[:, at] = ahead
    returns = gains + values
    counted = gains[own]
    spread = counted.std(unbiased=False)
    return (gains - counted.mean()) / (spread + 1e-8) * own, returns
