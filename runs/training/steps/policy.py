"""The policy of PPO: a causal model with a value head, beside the weights that it started from."""

import copy
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from ....tools.optional import optional
from ..settings import PpoSettings
from .work import EXTRA, Work

_VALUE = 0.5
"""Weight of the head's loss in what is told; the policy is not moved by it."""


@dataclass(frozen=True)
class Batch:
    """Prompts and what was written to each, padded on the right: a row for each, a column a token.

    Columns are those of the tokens foretold: the first of a row is what follows its first token.
    """

    ids: Any
    mask: Any
    own: Any
    """Which of the tokens foretold the policy wrote."""

    @classmethod
    def of(
        cls, prompts: list[tuple[int, ...]], written: list[tuple[int, ...]], device: str
    ) -> "Batch":
        """Return the batch of some rows."""
        torch = optional("torch", EXTRA)
        longest = max(len(p) + len(w) for p, w in zip(prompts, written, strict=True))
        ids = torch.zeros((len(prompts), longest), dtype=torch.long)
        mask, own = torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
        for row, (prompt, own_ids) in enumerate(zip(prompts, written, strict=True)):
            size = len(prompt) + len(own_ids)
            ids[row, :size] = torch.tensor((*prompt, *own_ids))
            mask[row, :size] = 1
            own[row, len(prompt) : size] = True
        return cls(ids.to(device), mask.to(device), own[:, 1:].to(device))

    def __getitem__(self, rows: Any) -> "Batch":
        return Batch(self.ids[rows], self.mask[rows], self.own[rows])


class Policy:
    """What writes and learns."""

    def __init__(self, work: Work, settings: PpoSettings) -> None:
        torch = self._torch = optional("torch", EXTRA)
        self._settings, self._device = settings, work.device
        self._half = work.dtype == torch.bfloat16
        model = work.causal().to(work.device)
        adapter = work.adapter()
        self._before = None if adapter else copy.deepcopy(model).eval().requires_grad_(False)
        self.model = optional("peft", EXTRA).get_peft_model(model, adapter) if adapter else model
        width = model.get_output_embeddings().weight.shape[1]
        self._head = torch.nn.Linear(width, 1, device=work.device)
        torch.nn.init.zeros_(self._head.weight)
        torch.nn.init.zeros_(self._head.bias)
        own = [p for p in self.model.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(
            [
                {"params": own, "lr": settings.learning_rate},
                {"params": self._head.parameters(), "lr": settings.value_learning_rate},
            ],
            weight_decay=0.0,
        )

    def weighed(self, batch: Batch) -> tuple[Any, Any]:
        """Return the log-chance of each token foretold, and the value before it."""
        with self._numbers():
            out = self.model(
                input_ids=batch.ids, attention_mask=batch.mask, output_hidden_states=True
            )
        values = self._head(out.hidden_states[-1][:, :-1].float().detach()).squeeze(-1)
        return self._chances(out.logits, batch), values

    def before(self, batch: Batch) -> Any:
        """Return the log-chances by the weights that the step started from."""
        with self._numbers():
            if self._before is not None:
                out = self._before(input_ids=batch.ids, attention_mask=batch.mask)
            else:
                with self.model.disable_adapter():
                    out = self.model(input_ids=batch.ids, attention_mask=batch.mask)
        return self._chances(out.logits, batch)

    def learn(self, batch: Batch, old: Any, gains: Any, returns: Any) -> float:
        """Do one update; return its loss."""
        torch, settings = self._torch, self._settings
        chances, values = self.weighed(batch)
        ratio = (chances - old).exp()
        clipped = ratio.clamp(1 - settings.clip, 1 + settings.clip)
        surrogate = -torch.minimum(ratio * gains, clipped * gains)[batch.own].mean()
        off = (values - returns)[batch.own].square().mean()
        loss = surrogate + _VALUE * off
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimiser.step()
        return float(loss.detach())

    def merged(self) -> Any:
        """Return the model, an adapter added to its weights."""
        return self.model.merge_and_unload() if self._before is None else self.model

    def state(self) -> dict[str, Any]:
        """Return all that the next update depends on."""
        return {
            "model": self.model.state_dict(),
            "head": self._head.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Become what a state says."""
        self.model.load_state_dict(state["model"])
        self._head.load_state_dict(state["head"])
        self._optimiser.load_state_dict(state["optimiser"])

    def _chances(self, logits: Any, batch: Batch) -> Any:
        told = (logits[:, :-1].float() / self._settings.temperature).log_softmax(-1)
        return told.gather(-1, batch.ids[:, 1:].unsqueeze(-1)).squeeze(-1)

    def _numbers(self) -> AbstractContextManager[Any]:
        if not self._half:
            return nullcontext()
        numbers: AbstractContextManager[Any] = self._torch.autocast(
            self._device, dtype=self._torch.bfloat16
        )
        return numbers
