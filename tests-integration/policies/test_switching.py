"""Aliases and the config file change under load: no call fails, and policies keep their state."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from chatmodels.core import ChatModel
from chatmodels.core.extending import ProviderRegistry
from chatmodels.resilience import Budget, Concurrency, Route
from chatmodels.testing import FaultServer

FILE = """
[providers.first]
like = "openai-compatible"
base_url = "URL/v1"
api_key = "sk-test"

[providers.second]
like = "anthropic"
base_url = "URL/v1"
api_key = "sk-test"

[models.production]
model = "{provider}:model-{number}"
policies = [
    {{ type = "deadline", seconds = {seconds} }},
    "spent",
    {{ type = "retry", max_retries = {number} }},
    "places",
    {{ type = "circuit_breaker", failures = 2 }},
    {{ type = "rate_limit", requests = 1_000_000 }},
]

[models.pool]
type = "route"
models = ["first:model-{number}", "second:model-{number}"]
policies = ["spent"]

[policies.spent]
type = "budget"
tokens = 1_000_000_000

[policies.places]
type = "concurrency"
limit = 3
"""


class Scene:
    """A registry with a config file, whose content a number determines."""

    def __init__(self, server: FaultServer, path: Path) -> None:
        self._text = FILE.replace("URL", server.url)
        self._path = path
        self._write(0)
        self.registry = ProviderRegistry(discover=True)
        self.registry.load_config(path)
        self.model = self.registry.create_chat_model("production")
        self.pool = self.registry.create_chat_model("pool")
        self.budget = self._policy(Budget)
        self.concurrency = self._policy(Concurrency)

    def reload(self, number: int) -> None:
        """Change the file, and load it."""
        self._write(number)
        assert self.registry.reload_config() is True
        assert self._policy(Budget) is self.budget
        assert self._policy(Concurrency) is self.concurrency

    def set_alias(self, number: int) -> None:
        """Let the name of the model stand for the other provider, with the policies of the file."""
        provider = ("first", "second")[number % 2]
        target = self.registry.create_chat_model(f"{provider}:model-{number}")
        model = target.with_policies(self.budget, self.concurrency)
        self.registry.set_alias("production", model)

    def check(self, tokens: int) -> None:
        """Check the state of the policies after calls that have used a number of tokens."""
        assert self.budget.used == tokens
        assert self.concurrency.running == 0
        assert isinstance(self.pool.target, Route)
        assert [member.running for member in self.pool.target.members] == [0, 0]

    def _write(self, number: int) -> None:
        facts = {"provider": ("first", "second")[number % 2], "seconds": 3_600 + number}
        self._path.write_text(self._text.format(number=number, **facts))

    def _policy(self, kind: type[Any]) -> Any:
        return next(each for each in self.model.target._policies if isinstance(each, kind))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("CHATMODELS_CONFIG", raising=False)
    with FaultServer() as server:
        yield Scene(server, tmp_path / "chatmodels.toml")


@pytest.mark.parametrize("change", [Scene.reload, Scene.set_alias])
def test_no_call_of_a_thread_fails_and_policies_keep_their_state(
    scene: Scene, change: Callable[[Scene, int], None]
) -> None:
    done = threading.Event()

    def call() -> int:
        tokens = 0
        while not done.is_set():
            for model in (scene.model, scene.pool):
                response = model.generate("Hello")
                with model.stream("Hello") as stream:
                    streamed = stream.collect()
                assert response.text == streamed.text == "You said: Hello"
                tokens += _total(response) + _total(streamed)
        return tokens

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call) for _ in range(4)]
        try:
            for number in range(1, 20):
                change(scene, number)
                assert scene.model.generate("Hello").text == "You said: Hello"
        finally:
            done.set()
        used = sum(each.result() for each in calls)
    one = _total(scene.pool.generate("Hello"))
    scene.check(used + 20 * one)


@pytest.mark.parametrize("change", [Scene.reload, Scene.set_alias])
async def test_no_call_of_a_task_fails_and_policies_keep_their_state(
    scene: Scene, change: Callable[[Scene, int], None]
) -> None:
    done = anyio.Event()
    used: list[int] = []

    async def call(model: ChatModel) -> None:
        while not done.is_set():
            response = await model.agenerate("Hello")
            async with model.astream("Hello") as stream:
                await anyio.lowlevel.checkpoint()
                streamed = await stream.collect()
            assert response.text == streamed.text == "You said: Hello"
            used.append(_total(response) + _total(streamed))

    async with anyio.create_task_group() as tasks:
        for model in [scene.model] * 6 + [scene.pool] * 2:
            tasks.start_soon(call, model)
        for number in range(1, 20):
            await anyio.to_thread.run_sync(change, scene, number)
        done.set()
    scene.check(sum(used))


def _total(response: Any) -> int:
    return response.usage.total_tokens
