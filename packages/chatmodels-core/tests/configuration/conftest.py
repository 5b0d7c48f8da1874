"""A registry, a config file to write, and policies of an installed distribution."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core._registry.policy_types import installed_types
from chatmodels.core.extending import ProviderMetadata, ProviderRegistry

POLICIES = '''
"""Policies with all kinds of parameters."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from chatmodels.core import ChatModelError, ConfigurationError, ErrorCode
from chatmodels.core.extending import CallableModel, Send, StandardChatModel

if TYPE_CHECKING:
    from nowhere import Unknown

__all__ = ["Count"]


class Count:
    """Counts calls; the limit is the number of calls it lets through."""

    def __init__(self, limit: int = 1000, *, clock: Callable[[], float] | None = None) -> None:
        if limit < 1:
            raise ConfigurationError(f"Count: limit must be at least 1, not {limit}")
        self.limit = limit
        self.calls = 0

    def __call__(self, call, request):
        self.calls += 1
        return (yield Send(request))


class Other:
    """Calls other models if the first one fails."""

    def __init__(self, *models: CallableModel, on: Collection[ErrorCode | str] = ()) -> None:
        if not models:
            raise ConfigurationError("Other: pass at least one model")
        self.models = models
        self.on = on

    def __call__(self, call, request):
        try:
            return (yield Send(request))
        except ChatModelError:
            return (yield Send(request, self.models[0]))


class Store(Protocol):
    def get(self, key: str) -> Any: ...


class Memory:
    def __init__(self, size: int = 10) -> None:
        self.size = size


class Remote:
    def __init__(self, url: str) -> None:
        if not url.startswith("redis://"):
            raise ValueError(f"{url} is not the address of a store")
        self.url = url


class Quota(msgspec.Struct, kw_only=True):
    amount: int
    ratio: float = 0.5


class Everything:
    """Has a parameter of every kind."""

    def __init__(
        self,
        first: int,
        /,
        second: str = "",
        *,
        flag: bool = False,
        ratio: float = 0.0,
        cost: Decimal | float | None = None,
        mode: Literal["fast", "slow"] = "fast",
        code: ErrorCode | None = None,
        names: frozenset[str] = frozenset(),
        numbers: tuple[int, ...] = (),
        models: Sequence[CallableModel] = (),
        weights: Mapping[CallableModel, float] | None = None,
        store: Store | None = None,
        quota: Quota | None = None,
        anything: Any = None,
        untyped=None,
        **rest: Any,
    ) -> None:
        self.given = {name: value for name, value in locals().items() if name != "self"}

    def __call__(self, call, request):
        return (yield Send(request))


class Unresolvable:
    def __init__(self, value: "Unknown" = None) -> None:
        self.value = value

    def __call__(self, call, request):
        return (yield Send(request))


def plain(times: int = 1):
    """A function that returns a policy."""

    def policy(call, request):
        return (yield Send(request))

    return policy


class Plain(msgspec.Struct, frozen=True):
    """A policy that is a struct."""

    limit: int
    factor: float = 2.0

    def __call__(self, call, request):
        return (yield Send(request))


class Pool(StandardChatModel):
    """A model that is made of others."""

    def __init__(self, models: Sequence[CallableModel], limit: int = 1) -> None:
        super().__init__("pool", "|".join(each.model for each in models))
        self.models = models
        self.limit = limit
        self.calls = 0

    def respond(self, request, call):
        self.calls += 1
        return self.models[0].generate(request)


def wrong():
    return 5
'''

ENTRY_POINTS = """
[chatmodels.policies]
count = plugin_policies:Count
other = plugin_policies:Other
everything = plugin_policies:Everything
unresolvable = plugin_policies:Unresolvable
plain = plugin_policies:plain
struct = plugin_policies:Plain
wrong = plugin_policies:wrong
missing = plugin_policies:Missing

[chatmodels.models]
pool = plugin_policies:Pool

[chatmodels.policy_parts]
memory = plugin_policies:Memory
remote = plugin_policies:Remote
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs a distribution with entry points and a module."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    # The entry points of the environment do not matter.
    monkeypatch.setattr("importlib.metadata.entry_points", _entry_points_of(site), raising=True)

    def made(name: str, entry_points: str, source: str = "") -> None:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        if source:
            (site / f"plugin_{name}.py").write_text(source)
        importlib.invalidate_caches()
        installed_types.cache_clear()

    installed_types.cache_clear()
    yield made
    installed_types.cache_clear()
    for module in [name for name in sys.modules if name.startswith("plugin_")]:
        del sys.modules[module]


def _entry_points_of(site: Path) -> Callable[..., Any]:
    import importlib.metadata

    def found(*, group: str) -> Any:
        distributions = importlib.metadata.distributions(path=[str(site)])
        return [
            each
            for distribution in distributions
            for each in distribution.entry_points
            if each.group == group
        ]

    return found


@pytest.fixture
def policies(install: Any) -> None:
    """Installs policies with all kinds of parameters."""
    install("policies", ENTRY_POINTS, POLICIES)


@pytest.fixture
def adaptable(fake: Any) -> type[Any]:
    """The class of fake providers that can serve under another name."""

    class Adaptable(fake):
        def with_metadata(self, metadata: ProviderMetadata) -> Any:
            copy = type(self)(metadata.name)
            copy.metadata = metadata
            return copy

    return Adaptable


@pytest.fixture
def registry(fake: Any) -> ProviderRegistry:
    """A registry with the providers `acme` and `other`."""
    made = ProviderRegistry()
    made.register_provider(fake("acme"))
    made.register_provider(fake("other"))
    return made


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the config file and returns its path."""

    def written(text: str) -> Path:
        path = tmp_path / "chatmodels.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def problems(registry: ProviderRegistry, write: Callable[[str], Path]) -> Callable[[str], Any]:
    """Loads a text as the config file, and returns its problems by key."""

    def found(text: str) -> dict[str, str]:
        from chatmodels.core import ConfigurationError

        state = registry._state
        with pytest.raises(ConfigurationError) as caught:
            registry.load_config(write(text))
        listed = caught.value.details["problems"]
        for each in listed:
            assert f"{each['key']}: {each['problem']}" in str(caught.value)
        assert registry._state is state
        assert len({(each["key"], each["problem"]) for each in listed}) == len(listed)
        by_key: dict[str, list[str]] = {}
        for each in listed:
            by_key.setdefault(each["key"], []).append(each["problem"])
        return {key: "\n".join(each) for key, each in by_key.items()}

    return found
