"""Fakes and fixtures for the tests of the registry and of what belongs to it."""

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chatmodels.core import ChatRequest, ChatResponse, HealthReport, ModelInfo, assistant
from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.model import StandardChatModel
from chatmodels.core._registry.catalog import discovery
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._registry.registry import registry
from chatmodels.core._values.metadata import ProviderMetadata


class FakeModel(StandardChatModel):
    """Answers with the spec it was created by."""

    def __init__(self, provider: str, model: str, options: ProviderOptions) -> None:
        super().__init__(provider, model, settings=options.settings, endpoint=options.base_url)
        self.options = options
        self.closed = 0

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return ChatResponse(
            message=assistant(f"{self.provider}:{self.model}"), finish_reason="stop"
        )

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class FakeProvider:
    """A provider that conforms to the protocol; `probe` is what its health check does."""

    def __init__(self, name: str, *, probe: Callable[[], HealthReport] | None = None, **facts: Any):
        self.metadata = ProviderMetadata(
            name=name, description="A fake.", distribution=f"chatmodels-provider-{name}", **facts
        )
        self.probe = probe
        self.probed: list[ProviderOptions] = []

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> FakeModel:
        return FakeModel(self.metadata.name, model, options)

    def model_info(self, model: str, /) -> ModelInfo:
        return ModelInfo(name=model, provider=self.metadata.name)

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        self.probed.append(options)
        if self.probe is None:
            return HealthReport(provider=self.metadata.name, status="healthy", latency=0.0)
        return self.probe()

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        return self.metadata.models


@pytest.fixture
def fake() -> type[FakeProvider]:
    """The class of fake providers."""
    return FakeProvider


@pytest.fixture
def global_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The global registry, put back as it was afterwards."""
    monkeypatch.delenv("CHATMODELS_CONFIG", raising=False)
    state = registry._state
    yield registry
    for name, provider in registry._state.providers.items():
        module = registry._state.modules[name]
        if module.startswith("chatmodels."):
            # It stays imported, and so it must stay registered.
            state = state.with_provider(provider, module, replace=True)
    registry._state = state
    registry._broken.clear()


PLUGIN = """
from chatmodels.core._registry.front import register_provider
from chatmodels.core._values.metadata import Capability, ModelInfo, ProviderMetadata


class Provider:
    metadata = ProviderMetadata(
        name={name!r},
        description="A plugin.",
        distribution="whatever",
        capabilities=frozenset({{Capability.VISION}}),
        models=(ModelInfo(name="{name}-large", provider={name!r}),),
        model_prefixes=("{name}-",),
    )

    def create_chat_model(self, model, options):
        return (model, options)

    def model_info(self, model):
        return None

    def check_health(self, options):
        return None

    def list_models(self, options):
        return ()


register_provider(Provider())
"""


@pytest.fixture
def site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, global_registry: Any
) -> Iterator[SimpleNamespace]:
    """A folder on the path to install providers in, as pip does."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(
        name: str,
        source: str = PLUGIN,
        *,
        module: str | None = None,
        distribution: str | None = None,
        value: str = "{module} [contract-1]",
    ) -> str:
        module = module or f"plugin_{name.replace('-', '_')}"
        distribution = distribution or f"chatmodels-provider-{name}"
        (tmp_path / f"{module}.py").write_text(source.format(name=name))
        info = tmp_path / f"{distribution.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n"
        )
        (info / "entry_points.txt").write_text(
            f"[chatmodels.providers]\n{name} = {value.format(module=module)}\n"
        )
        importlib.invalidate_caches()
        return module

    discovery.reset()
    yield SimpleNamespace(install=install, path=tmp_path)
    discovery.reset()
    for module in [name for name in sys.modules if name.startswith("plugin_")]:
        del sys.modules[module]
