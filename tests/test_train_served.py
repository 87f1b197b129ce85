"""The provider `transformers`: a folder of weights answers, whoever else is asked in the same moment."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from arenainstruct.agents.models.call import Call
from arenainstruct.agents.models.causal import Causal, Prompt
from arenainstruct.agents.models.chat import calls_in, plain
from arenainstruct.agents.models.opening import open_provider
from arenainstruct.agents.models.provider import AttemptFailed, Provider
from arenainstruct.agents.models.settings import TransformersSettings
from arenainstruct.agents.models.window import with_windows
from arenainstruct.agents.records import ToolCall, Turn
from tests.tiny import tiny

HYBRID = ["sliding_attention", "full_attention"]
TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{{ m['role'] }}> {{ m['content'] }}\n{% endfor %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("model"))


def opened(folder: Path, *, seed: int = 7, **fields: Any) -> Provider:
    settings = {"max_tokens": 12, "batch": 4, "device": "cpu", **fields}
    return open_provider(
        "small",
        TransformersSettings(provider="transformers", model=str(folder), **settings),
        seed,
    )


def asks(text: str, sample: int = 0, **fields: Any) -> Call:
    return Call("small", (Turn(role="user", content=text),), sample=sample, **fields)


CALLS = [asks("why " * (1 + n % 5) + str(n), n % 2) for n in range(12)]


async def said(provider: Provider, calls: list[Call]) -> list[str]:
    return [reply.text for reply in await asyncio.gather(*map(provider.complete, calls))]


@pytest.mark.parametrize("temperature", [None, 1.0])
async def test_a_reply_is_the_same_alone_and_in_company(
    folder: Path, temperature: float | None
) -> None:
    provider = opened(folder, temperature=temperature)
    alone = [(await provider.complete(call)).text for call in CALLS]
    backwards = await said(provider, CALLS[::-1])
    assert await said(provider, CALLS) == backwards[::-1] == alone
    assert len(set(alone)) > 6
    await provider.aclose()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("llama", {}),
        ("llama", {"num_attention_heads": 8}),
        ("mistral", {"sliding_window": 12}),
        ("gemma3_text", {"sliding_window": 12, "layer_types": HYBRID, "head_dim": 16}),
        ("gpt2", {}),
        ("gemma2", {"sliding_window": 12}),
        ("falcon", {"alibi": True}),
        ("mamba", {}),
    ],
)
@pytest.mark.parametrize("first", [5, 20])
def test_what_it_writes_is_what_transformers_itself_would(
    tmp_path: Path, kind: str, fields: dict[str, Any], first: int
) -> None:
    folder = tiny(tmp_path, kind=kind, **fields)
    causal = Causal.opened(str(folder), "cpu", 4)
    # Of one bucket; with 20 the longest fills it, and alone it needs no mask.
    prompts = [Prompt(tuple(range(first, 36 - n)), 0.0, 0, 40) for n in range(0, 12, 3)]
    assert len({prompt.bucket for prompt in prompts}) == 1
    transformers = pytest.importorskip("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    pairs = [
        *zip(prompts, causal.write(prompts), strict=True),
        (prompts[0], causal.write(prompts[:1])[0]),
    ]
    for prompt, written in pairs:
        ids = model.dummy_inputs["input_ids"].new_tensor([prompt.ids])
        out = model.generate(input_ids=ids, max_new_tokens=40, do_sample=False)
        assert list(written.ids) == out[0, len(prompt.ids) :].tolist()


async def test_it_writes_in_bfloat16_where_asked(folder: Path) -> None:
    half, whole = opened(folder, dtype="bfloat16"), opened(folder, dtype="float32")
    rough = await said(half, CALLS)
    assert rough == (await said(half, CALLS[::-1]))[::-1]
    assert rough != await said(whole, CALLS), "its numbers are coarser"
    for provider in (half, whole):
        await provider.aclose()


async def test_a_sample_depends_on_its_number_and_on_the_seed(folder: Path) -> None:
    free, other = opened(folder, temperature=1.0), opened(folder, temperature=1.0, seed=8)
    samples = await said(free, [asks("why?", n) for n in range(6)])
    assert len(set(samples)) > 3
    assert samples == await said(free, [asks("why?", n) for n in range(6)])
    assert samples != await said(other, [asks("why?", n) for n in range(6)])
    greedy = opened(folder)
    assert len(set(await said(greedy, [asks("why?", n) for n in range(6)]))) == 1
    for provider in (free, other, greedy):
        await provider.aclose()


async def test_a_reply_tells_its_tokens_and_whether_it_was_cut(folder: Path) -> None:
    reply = await (provider := opened(folder, price={"input": 1, "output": 2})).complete(
        asks("why?")
    )
    await provider.aclose()
    assert reply.finish == "length" and reply.cut and reply.tokens_out == 12
    assert reply.tokens_in == len("user:\nwhy?\nassistant:\n") or reply.tokens_in > 4
    assert reply.usd == pytest.approx((reply.tokens_in + 2 * 12) / 1e6)
    assert reply.model == f"transformers/{folder.name}"


async def test_what_does_not_fit_or_the_template_refuses_fails_for_good(
    folder: Path, tmp_path: Path
) -> None:
    models = await with_windows(
        {"small": TransformersSettings(provider="transformers", model=str(folder))}
    )
    assert models["small"].context_window == 512
    provider = opened(folder, context_window=512)
    with pytest.raises(AttemptFailed, match="context window .* 512 fit") as caught:
        await provider.complete(asks("w" * 600))
    assert caught.value.final
    await provider.aclose()
    strict = opened(tiny(tmp_path / "strict", template=TEMPLATE))
    with pytest.raises(AttemptFailed, match="no system") as caught:
        await strict.complete(Call("small", (Turn(role="system", content="Be."),)))
    assert caught.value.final
    await strict.aclose()


async def test_aliases_of_one_folder_share_weights_until_none_needs_them(folder: Path) -> None:
    from arenainstruct.agents.models import transformers

    one, two = opened(folder), opened(folder, temperature=1.0)
    await one.complete(asks("a"))
    await two.complete(asks("b"))
    assert len(transformers._BENCHES) == 1
    await one.aclose()
    assert len(transformers._BENCHES) == 1
    await two.aclose()
    assert not transformers._BENCHES
    again = await one.complete(asks("a"))
    assert again.text, "it is loaded again where it is asked"
    await one.aclose()


def test_what_is_no_model_is_told_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is not installed|has no config.json"):
        opened(tmp_path)
    # A replay asks nobody, and needs neither the folder nor torch.
    settings = TransformersSettings(provider="transformers", model=str(tmp_path / "gone"))
    open_provider("small", settings, 7, network=False)


def test_a_call_is_read_as_it_is_written() -> None:
    call = ToolCall(id="call_0", name="tide", arguments='{"port":"Bergen"}')
    (row,) = plain([Turn(role="assistant", content="I look.", tool_calls=(call,))])
    assert calls_in(row["content"]) == ("I look.", (call,))
    assert calls_in("<tool_call>{no}</tool_call>") == ("<tool_call>{no}</tool_call>", ())
