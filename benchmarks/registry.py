"""Resolving and creating models: microseconds each, and bytes for the garbage collector."""

import gc
import tracemalloc
from collections.abc import Callable

from benchmarks.measuring import cpu_seconds, row
from chatmodels.core import create_chat_model, registry

SPEC = "openai:gpt-6.1-terra"


def main() -> None:
    registry.provider("openai")  # imported beforehand

    def create() -> object:
        return create_chat_model(SPEC, api_key="key")

    times = cpu_seconds({"resolve": lambda: registry.resolve(SPEC), "create": create}, calls=5_000)
    row(f"resolve {SPEC!r}", f"{times['resolve'] * 1e6:.2f} us")
    row("create a model", f"{times['create'] * 1e6:.1f} us")
    size, garbage = memory(create)
    row("memory of a model", f"{size:,.0f} bytes")
    row("garbage of creating one", f"{garbage:,.0f} bytes")


def memory(create: Callable[[], object], count: int = 1_000) -> tuple[float, float]:
    """Return the bytes of a model, and the bytes of garbage from its creation."""
    create()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        models = [create() for _ in range(count)]
        with_garbage = tracemalloc.get_traced_memory()[0] - before
        gc.collect()
        without = tracemalloc.get_traced_memory()[0] - before
        assert len(models) == count
    finally:
        tracemalloc.stop()
        gc.enable()
    return without / count, (with_garbage - without) / count
