"""A plain trainer for the gym: the rows of all rounds so far, with torch alone."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from ...agents.models.settings import TransformersSettings
from ...graphs import kinds
from ...graphs.trainer import TrainRequest, Weights
from ...tools.optional import optional
from .model import EXTRA, encoded


@dataclass(frozen=True)
class PlainTrainer:
    folder: Path
    rate: float = 5e-4
    epochs: int = 3
    batch: int = 64
    replay: float = 0.5
    seed: int = 7

    async def train(self, request: TrainRequest) -> Weights | None:
        assert isinstance(request.model, TransformersSettings)
        rows = [row async for row in request.records.stream(kinds.SFT)]
        if not rows:
            return None
        new = [row for row in rows if row.round == request.round]
        old = [row for row in rows if row.round < request.round]
        random = Random(f"{self.seed}/{request.round}/replay")
        old = random.sample(old, round(self.replay * len(old)))
        used = new + old
        asked = await request.records.get_many(
            kinds.INSTRUCTION, sorted({row.instruction_id for row in used})
        )
        said = await request.records.get_many(kinds.ANSWER, sorted({row.answer_id for row in used}))
        pairs = [(asked[r.instruction_id].prompt(), said[r.answer_id].text.strip()) for r in used]
        digest = blake2b(repr((request.target, pairs, self)).encode(), digest_size=5).hexdigest()
        version = f"r{request.round}-{digest}"
        out = self.folder / version
        loss = self._fit(request.model.model, pairs, out, random)
        model = request.model.model_copy(update={"model": str(out), "version": version})
        return Weights(
            version, model, f"SFT on {len(new)} new and {len(old)} earlier rows, loss {loss:.3f}"
        )

    def _fit(self, base: str, pairs: list[tuple[str, str]], out: Path, random: Random) -> float:
        torch, transformers = optional("torch", EXTRA), optional("transformers", EXTRA)
        torch.manual_seed(self.seed)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        tokenizer = transformers.AutoTokenizer.from_pretrained(base)
        model: Any = (
            transformers.AutoModelForCausalLM.from_pretrained(base).float().to(device).train()
        )
        optimizer = torch.optim.AdamW(model.parameters(), lr=self.rate)
        total = max(1, self.epochs * -(-len(pairs) // self.batch))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / (0.1 * total + 1), 1.0) * (1 - step / total)
        )
        loss = 0.0
        for _ in range(self.epochs):
            order = random.sample(pairs, len(pairs))
            for start in range(0, len(order), self.batch):
                found = model(
                    **encoded(torch, tokenizer, order[start : start + self.batch], device)
                ).loss
                optimizer.zero_grad(set_to_none=True)
                found.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                loss = found.item()
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
        return loss
