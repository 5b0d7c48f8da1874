"""A cache keeps its responses in Redis or Valkey."""

import logging
import pickle
from typing import Any

import pytest
from fakeredis import FakeRedis

from chatmodels.core import ChatResponse, ConfigurationError, assistant
from chatmodels.resilience import Cache, RedisStore

RESPONSE = ChatResponse[None](message=assistant("Hello"))


async def test_processes_share_the_responses_of_a_server(
    call: Any, scripted: Any, redis_url: str
) -> None:
    with RedisStore(redis_url) as store, RedisStore(redis_url) as other:
        first = await call(scripted("Hello").with_policies(Cache(store)))
        second = await call(scripted().with_policies(Cache(other)))

    assert (first.text, second.text, second.usage.total_tokens) == ("Hello", "Hello", 0)


def test_a_store_that_was_closed_opens_again(redis_url: str) -> None:
    store = RedisStore(redis_url)
    store.close()
    store.put("a", RESPONSE)
    store.close()

    assert store.get("a") == RESPONSE
    assert store.get("b") is None
    store.close()


def test_a_client_that_was_passed_stays_open(redis_client: Any) -> None:
    with RedisStore(client=redis_client) as store:
        store.put("a", RESPONSE)

    assert redis_client.get("chatmodels:cache:a") is not None


@pytest.mark.parametrize(("ttl", "milliseconds"), [(None, -1), (2.5, 2500), (0.0001, 1)])
def test_the_server_removes_what_is_over(ttl: float | None, milliseconds: int) -> None:
    class Recording(FakeRedis):
        def set(self, *args: Any, **options: Any) -> Any:
            self.px = options["px"]
            return super().set(*args, **options)

    client = Recording()
    RedisStore(client=client, ttl=ttl, prefix="p:").put("a", RESPONSE)

    assert client.px == (None if ttl is None else milliseconds)
    assert client.keys() in ([b"p:a"], [])  # a millisecond can be over already


async def test_a_server_that_fails_costs_only_the_saving(
    call: Any, scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store = RedisStore("redis://someone:hunter2@127.0.0.1:9/0")
    model = scripted("Hello").with_policies(Cache(store))

    with caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        response = await call(model)

    assert response.text == "Hello"
    assert len(caplog.records) == 2
    assert "hunter2" not in caplog.text + "".join(repr(vars(each)) for each in caplog.records)


def test_a_store_is_described_and_pickled_without_credentials() -> None:
    store = RedisStore("redis://:hunter2@localhost/0", prefix="p:", ttl=5)
    restored = pickle.loads(pickle.dumps(store))

    assert repr(store) == "RedisStore('redis://localhost/0')"
    assert (restored.prefix, restored.ttl, repr(restored)) == ("p:", 5, "RedisStore(REDIS_URL)")


def test_a_wrong_time_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ttl must be a number of at least 0, not -1"):
        RedisStore(ttl=-1)
