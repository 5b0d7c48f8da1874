"""The cost of policies around a call, in CPU time, beside LiteLLM's Router with the same rules."""

import os
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measuring import cpu_seconds, row
from chatmodels.core import ChatResponse, StreamEnd, TextDelta, Usage, assistant
from chatmodels.core.extending import Policy, StandardChatModel
from chatmodels.resilience import (
    Budget,
    CircuitBreaker,
    Concurrency,
    Deadline,
    Fallback,
    RateLimit,
    Retry,
)

CHUNKS = 1_000
PROMPT = "Why is the sky blue?"
TEXT = "Light is scattered by the air."
FEW = (TextDelta("word "), StreamEnd())
MANY = (*(TextDelta("word ") for _ in range(CHUNKS)), *FEW)
REPLY = ChatResponse(
    message=assistant(TEXT),
    usage=Usage(input_tokens=10, output_tokens=7, total_tokens=17),
)


class Instant(StandardChatModel):
    """Returns at once, so that nothing but the layer is measured."""

    streamed = FEW

    def respond(self, request: Any, call: Any, /) -> ChatResponse[Any]:
        return REPLY

    def events(self, request: Any, call: Any, /) -> Iterator[Any]:
        return iter(self.streamed)


class Long(Instant):
    """Streams many chunks."""

    streamed = MANY


def main() -> None:
    plain = Instant("acme", "instant")
    other = Instant("acme", "other")
    policies: dict[str, Policy] = {
        "Retry": Retry(),
        "Fallback": Fallback(other),
        "CircuitBreaker": CircuitBreaker(),
        "Concurrency": Concurrency(20),
        "RateLimit of requests": RateLimit(requests=10**9),
        "RateLimit": RateLimit(requests=10**9, tokens=10**12),
        "Budget": Budget(tokens=10**12),
        "Deadline": Deadline(30),
    }
    layered = {name: plain.with_policies(policy) for name, policy in policies.items()}
    stack = plain.with_policies(*(policies[name] for name in STACK))
    calls: dict[str, Callable[[], object]] = {
        name: model_call(model) for name, model in layered.items()
    }
    calls |= {"plain": model_call(plain), "stack": model_call(stack)}
    times = cpu_seconds(calls, calls=500, rounds=30)
    row("a call without policies", f"{times['plain'] * 1e6:.1f} us")
    for name in (*policies, "stack"):
        label = f"added by {name}" if name in policies else f"added by {', '.join(STACK)}"
        row(label, f"{(times[name] - times['plain']) * 1e6:.2f} us")
    long = Long("acme", "instant")
    around = long.with_policies(*(policies[name] for name in STACK))
    chunks = cpu_seconds(
        {
            "few": stream(plain),
            "many": stream(long),
            "few, stack": stream(stack),
            "many, stack": stream(around),
        },
        calls=20,
        rounds=30,
    )
    added = (chunks["many, stack"] - chunks["few, stack"] - chunks["many"] + chunks["few"]) / CHUNKS
    row(f"added to each of {CHUNKS:,} chunks", f"{added * 1e6:.2f} us")
    theirs = cpu_seconds(router_calls(), calls=100)
    added = theirs["router"] - theirs["plain"]
    ratio = (times["stack"] - times["plain"]) / added
    row("added by LiteLLM's Router", f"{added * 1e6:.0f} us", f"the policies: {ratio:.3f} of it")


STACK = ("Fallback", "CircuitBreaker", "Retry", "RateLimit", "Concurrency", "Deadline")


def model_call(model: Instant) -> Callable[[], object]:
    return lambda: model.generate(PROMPT)


def stream(model: Instant) -> Callable[[], object]:
    def read() -> None:
        with model.stream(PROMPT) as events:
            for _ in events:
                pass

    return read


def router_calls() -> dict[str, Callable[[], object]]:
    """Return a call of LiteLLM and one of its Router, with its own mock responses."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it reads one from the web
    import litellm

    messages = [{"role": "user", "content": PROMPT}]
    parameters: dict[str, Any] = {
        "model": "openai/gpt-4o",
        "api_key": "key",
        "mock_response": TEXT,
        "rpm": 10**9,
        "tpm": 10**12,
        "max_parallel_requests": 20,
    }
    router = litellm.Router(
        model_list=[
            {"model_name": name, "litellm_params": parameters} for name in ("first", "second")
        ],
        fallbacks=[{"first": ["second"]}],
        num_retries=2,
        allowed_fails=5,
        cooldown_time=30,
        timeout=30,
    )
    return {
        "plain": lambda: litellm.completion(
            model="openai/gpt-4o", api_key="key", messages=messages, mock_response=TEXT
        ),
        "router": lambda: router.completion(model="first", messages=messages),
    }
