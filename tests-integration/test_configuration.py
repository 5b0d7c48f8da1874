"""Config files with the policies of chatmodels-resilience, real wire formats."""

from pathlib import Path

import pytest

from chatmodels.core import (
    AuthenticationError,
    ConfigurationError,
    ErrorCode,
    QuotaExceededError,
    RateLimitError,
)
from chatmodels.core.extending import ProviderRegistry
from chatmodels.resilience import (
    Budget,
    Cache,
    CircuitBreaker,
    Concurrency,
    Deadline,
    Fallback,
    RateLimit,
    Reask,
    Retry,
    Route,
    SqliteStore,
)
from chatmodels.testing import Simulator

ALL = """
[models.production]
model = "mock:echo"
policies = [
    { type = "deadline", seconds = 60 },
    { type = "cache", store = { type = "sqlite_store", path = "PATH", ttl = 60 }, namespace = "n" },
    { type = "reask", times = 1 },
    { type = "fallback", models = ["backup", "mock:echo"], on = ["rate_limited"] },
    { type = "budget", tokens = 1_000 },
    { type = "retry", max_retries = 1, budget = { retries = 5, ratio = 0.1 } },
    { type = "circuit_breaker", failures = 3, reset_after = 1, on = ["timeout"] },
    { type = "concurrency", limit = 5, adaptive = true },
    "team-limit",
]

[models.backup]
model = "mock:echo"
policies = ["team-limit"]

[policies.team-limit]
type = "rate_limit"
requests = 500
per = 0.5
"""


class Watched:
    """Records the providers of calls."""

    def __init__(self) -> None:
        self.providers: list[str] = []

    def start(self, call):
        self.providers.append(call.provider)

    def first_event(self, token):
        raise AssertionError("no call is a stream")

    def end(self, token, response, error):
        assert error is not None


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> ProviderRegistry:
    """A registry that discovers providers, without a file of the environment."""
    monkeypatch.delenv("CHATMODELS_CONFIG", raising=False)
    return ProviderRegistry(discover=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chatmodels.toml"


def test_a_file_declares_every_policy(registry, file, tmp_path) -> None:
    file.write_text(ALL.replace("PATH", (tmp_path / "responses.db").as_posix()))
    registry.load_config(file)
    model = registry.create_chat_model("production")
    assert [model.generate("Hello").text for _ in range(2)] == ["Hello", "Hello"]
    policies = model.target._policies
    assert [type(each) for each in policies] == [
        Deadline,
        Cache,
        Reask,
        Fallback,
        Budget,
        Retry,
        CircuitBreaker,
        Concurrency,
        RateLimit,
    ]
    _, cache, _, fallback, _, retry, breaker, *_, limit = policies
    assert isinstance(cache.store, SqliteStore)
    assert (cache.hits, cache.misses) == (1, 1)
    cache.store.close()
    assert fallback.models[0]._policies == (limit,)
    assert fallback.on == {ErrorCode.RATE_LIMITED}
    assert (retry.budget.retries, breaker.on) == (5, {ErrorCode.TIMEOUT})


def test_a_budget_remains_used_while_the_file_changes(registry, file) -> None:
    text = '[models.a]\nmodel = "mock:echo"\npolicies = [{ type = "budget", tokens = 1 }]\n'
    file.write_text(text)
    registry.load_config(file)
    model = registry.create_chat_model("a")
    model.generate("Hello")
    file.write_text(f"{text}temperature = 1")
    assert registry.reload_config() is True
    with pytest.raises(QuotaExceededError):
        model.generate("Hello")


@pytest.mark.parametrize(
    "like", ["openai", "anthropic", "mistral", "cohere", "ollama", "google", "groq"]
)
def test_a_declared_provider_has_its_name_in_calls_errors_and_observers(
    registry, file, like, monkeypatch
) -> None:
    monkeypatch.setenv("MYCORP_API_KEY", "sk-of-mycorp")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    watched = Watched()
    with Simulator() as simulator:
        provider = registry.provider(like)
        address = simulator.base_url if like in ("openai", "mistral", "groq") else simulator.url
        file.write_text(
            f'[providers.mycorp]\nlike = "{like}"\nbase_url = "{address}"\n'
            'api_key_env = "MYCORP_API_KEY"\nmax_retries = 0'
        )
        registry.load_config(file)
        assert registry.provider(like) is provider
        model = registry.create_chat_model("mycorp:large").with_observers(watched)
        assert model.provider == "mycorp"
        simulator.queue(ErrorCode.AUTHENTICATION)
        with pytest.raises(AuthenticationError) as caught:
            model.generate("Hello")
        model.close()
    assert caught.value.provider == "mycorp"
    assert "sk-of" not in str(caught.value)
    (exchange,) = simulator.exchanges
    assert "sk-of-openai" not in str(exchange.request)
    assert watched.providers == ["mycorp"]


def test_a_route_is_a_model_of_the_file(registry, file) -> None:
    file.write_text("""
        [models.pool]
        type = "route"
        models = { first = "mock:a", second = "mock:b" }
        strategy = { type = "weighted", weights = { first = 0, second = 1 } }

        [models.other]
        type = "route"
        models = ["mock:a", "mock:a"]
        strategy = "least_busy"
        failures = 5
        """)
    registry.load_config(file)
    model = registry.create_chat_model("pool")
    assert model.generate("Hello").model == "b"
    assert isinstance(model.target, Route)
    assert [each.name for each in model.target.members] == ["first", "second"]
    assert registry.create_chat_model("other").generate("Hello").text == "Hello"


def test_a_file_declares_a_compatible_server(registry, file) -> None:
    with Simulator() as simulator:
        file.write_text(
            f'[providers.mycorp]\nlike = "openai-compatible"\nbase_url = "{simulator.base_url}"\n'
            'api_key = "sk-of-mycorp"'
        )
        registry.load_config(file)
        simulator.queue("Hello.", ErrorCode.RATE_LIMITED)
        model = registry.create_chat_model("mycorp:large", max_retries=0)
        response = model.generate("Hello")
        with pytest.raises(RateLimitError, match="mycorp") as caught:
            model.generate("Hello")
        model.close()
    assert (response.text, response.provider, caught.value.provider) == ("Hello.", *["mycorp"] * 2)


def test_a_setting_that_a_model_does_not_support_is_reported(registry, file) -> None:
    file.write_text('[models.a]\nmodel = "anthropic:claude-opus-5"\nseed = 1')
    with pytest.raises(ConfigurationError, match=r"models\.a: .*seed"):
        registry.check_config(file)


def test_the_distribution_of_a_missing_provider_is_named(registry, file) -> None:
    file.write_text('[aliases]\nfast = "zz-vendor:large"')
    with pytest.raises(ConfigurationError, match="pip install chatmodels-provider-zz-vendor"):
        registry.check_config(file)
