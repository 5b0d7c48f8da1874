"""Measures one other instrumentation in one setting: `python -m benchmarks.telemetry.probe`.

Instrumentations of the OpenAI SDK patch its classes permanently, so that each runs in a process of
its own. The patches are applied and removed between turns. The overhead of an instrumentation is
the additional time of a call with its patches.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from benchmarks.telemetry.subject import QUESTION, Providers, api, model, sdk
from benchmarks.telemetry.turns import Contender, microseconds

CALLS = 20
TURNS = 15
SETTINGS: dict[str, Callable[[], Providers]] = {
    "API only": api,
    "not sampled": lambda: sdk(sampled=False, metrics=False),
    "sampled, metrics": lambda: sdk(sampled=True, metrics=True),
}
PEERS = {
    "opentelemetry-instrumentation-genai-openai": "opentelemetry.instrumentation.genai.openai",
    "opentelemetry-instrumentation-openai-v2": "opentelemetry.instrumentation.openai_v2",
    "openinference-instrumentation-openai": "openinference.instrumentation.openai",
    "traceloop's ...-instrumentation-openai": "opentelemetry.instrumentation.openai",
    "pydantic-ai's InstrumentedModel": "pydantic_ai.models.instrumented",
}
COMPLETION = {
    "id": "response-1",
    "object": "chat.completion",
    "created": 1,
    "model": "large-2026-10-01",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Because of Rayleigh scattering."},
        }
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19},
}
Pair = tuple[Contender, Contender]


def main(peer: str, setting: str) -> None:
    """Print the overhead of a peer and of chatmodels, as JSON."""
    providers = SETTINGS[setting]()
    module = import_module(PEERS[peer])
    plain, patched = (
        pydantic_ai(module, providers)
        if PEERS[peer].startswith("pydantic_ai")
        else openai(module, providers)
    )
    without, watched = model(), providers.watched()
    best = microseconds(
        {
            "plain": plain,
            "patched": patched,
            "without": Contender(lambda: without.generate(QUESTION)),
            "watched": Contender(lambda: watched.generate(QUESTION), providers.collected),
        },
        runs=CALLS,
        turns=TURNS,
    )
    overheads = {
        "theirs": best["patched"] - best["plain"],
        "ours": best["watched"] - best["without"],
    }
    print(json.dumps(overheads))


def openai(module: Any, providers: Providers) -> Pair:
    """Return an OpenAI client whose transport responds at once, with and without patches."""
    from openai import DefaultHttpxClient, OpenAI
    from openai.resources.chat.completions import Completions

    http: Any = import_module(DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])
    transport = http.MockTransport(lambda request: http.Response(200, json=COMPLETION))
    patches = Patches(OpenAI, Completions)
    module.OpenAIInstrumentor().instrument(
        tracer_provider=providers.tracers, meter_provider=providers.meters
    )
    patches.learn()
    client = OpenAI(
        api_key="none",
        base_url="http://openai.example/v1",
        http_client=DefaultHttpxClient(transport=transport),
    )

    def run() -> None:
        client.chat.completions.create(
            model="large", messages=[{"role": "user", "content": QUESTION}]
        )

    @contextmanager
    def patched() -> Iterator[None]:
        with providers.collected(), patches.applied():
            yield

    return Contender(run), Contender(run, patched)


def pydantic_ai(module: Any, providers: Providers) -> Pair:
    """Return a pydantic-ai model that responds at once, with and without its wrapper."""
    from pydantic_ai.messages import ModelRequest
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.models.test import TestModel

    settings = module.InstrumentationSettings(
        tracer_provider=providers.tracers, meter_provider=providers.meters, include_content=False
    )
    plain = TestModel(custom_output_text="Because of Rayleigh scattering.")
    wrapped = module.InstrumentedModel(plain, settings)
    messages = [ModelRequest.user_text_prompt(QUESTION)]
    loop = asyncio.new_event_loop()

    def requests(model: Any) -> Callable[[], object]:
        def run() -> None:
            loop.run_until_complete(model.request(messages, None, ModelRequestParameters()))

        return run

    return Contender(requests(plain)), Contender(requests(wrapped), providers.collected)


class Patches:
    """The patches of an instrumentation in some classes, which can be applied and removed."""

    def __init__(self, *classes: type) -> None:
        self._before: dict[type, dict[str, Any]] = {each: dict(vars(each)) for each in classes}
        self._changed: list[tuple[type, str, Any]] = []

    def learn(self) -> None:
        """Find the patches and remove them."""
        for each, before in self._before.items():
            for name, value in dict(vars(each)).items():
                if before.get(name) is not value:
                    self._changed.append((each, name, value))
        if not self._changed:
            raise SystemExit("the instrumentation has not patched the expected classes")
        self._remove()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Apply the patches within a `with` block."""
        for each, name, value in self._changed:
            setattr(each, name, value)
        yield
        self._remove()

    def _remove(self) -> None:
        for each, name, _ in self._changed:
            if name in self._before[each]:
                setattr(each, name, self._before[each][name])
            else:
                delattr(each, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
