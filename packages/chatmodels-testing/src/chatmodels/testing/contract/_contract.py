"""What a provider tells the suite about itself, and the bench on which a check tries it out."""

import importlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from chatmodels.core import ChatModel, ChatModelError, create_chat_model
from chatmodels.core.extending import Provider, ProviderMetadata
from chatmodels.core.extending import provider as registered
from chatmodels.testing._replies import Said
from chatmodels.testing._simulator import Simulator

SECRET = "sk-contract-0123456789abcdefghij"  # noqa: S105 - there is nothing that it opens
"""The API key that the suite uses; it must turn up nowhere."""

PROMPT = "Tell me of the seven seas, one after the other, and of the winds that blow there."
"""Long enough that an answer which repeats it can break in the middle."""

Script = Callable[[Sequence[object]], Mapping[str, object]]
"""Makes the options that have a model in process say, or raise, these things in this order."""


def _base_url(simulator: Simulator) -> Mapping[str, object]:
    return {"base_url": simulator.base_url}


class ProviderContract(msgspec.Struct, frozen=True, kw_only=True):
    """How the suite makes models of a provider.

    Attributes:
        provider: The registered name.
        model: A model's name.
        connect: Gives the options that point a model to a simulator.
        options: Further options for each model.
        script: Instead of all that, for a provider that answers in process.
        untold: What the vendor tells of no response, of "id" and "model".
        exempt: Names of checks that the provider need not pass, and why.
        registered_by: The module that registers the provider when it is imported; by default it
            is called as the provider.
    """

    provider: str
    model: str
    connect: Callable[[Simulator], Mapping[str, object]] = _base_url
    options: Mapping[str, object] = msgspec.field(default_factory=dict[str, object])
    script: Script | None = None
    untold: frozenset[str] = frozenset()
    exempt: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    registered_by: str | None = None

    @property
    def over_http(self) -> bool:
        """Whether the models make HTTP requests."""
        return self.script is None

    @property
    def module(self) -> str:
        """The module that registers the provider when it is imported."""
        return self.registered_by or f"chatmodels.providers.{self.provider}"


class Bench:
    """Makes models for one check.

    Args:
        contract: What the provider told.
        simulator: The provider's other side; None for one that answers in process.
    """

    def __init__(self, contract: ProviderContract, simulator: Simulator | None) -> None:
        self.contract = contract
        self._simulator = simulator

    @property
    def simulator(self) -> Simulator:
        """The provider's other side, for checks of providers that speak HTTP."""
        assert self._simulator is not None, "a provider in process has no simulator"
        return self._simulator

    @property
    def provider(self) -> Provider:
        """The provider, from the global registry."""
        return registered(self.contract.provider)

    @property
    def metadata(self) -> ProviderMetadata:
        """What the provider tells of itself."""
        return self.provider.metadata

    def options(self, *replies: Said, **options: object) -> dict[str, object]:
        """Give the options for a model that answers with these replies first."""
        contract = self.contract
        if contract.script is not None:
            return {**contract.options, **contract.script(replies), **options}
        self.simulator.queue(*replies)
        connection = contract.connect(self.simulator)
        base = {"api_key": SECRET, "max_retries": 0, **connection, **contract.options}
        return {name: value for name, value in (base | options).items() if value is not None}

    def model(self, *replies: Said, **options: object) -> ChatModel:
        """Make a model that answers with these replies first, and then with what it is asked."""
        spec = f"{self.contract.provider}:{self.contract.model}"
        made: dict[str, Any] = self.options(*replies, **options)
        return create_chat_model(spec, **made)


def failure(call: Callable[[], object], /) -> ChatModelError | None:
    """Give the error that a call ends with, if it does."""
    try:
        call()
    except ChatModelError as error:
        return error
    return None


class Check:
    """One thing that a provider must do; called, it raises an AssertionError if it does not."""

    def __init__(self, name: str, contract: ProviderContract, run: Callable[[Bench], None]) -> None:
        self.name = name
        self.__name__ = name  # which pytest takes as the id of a parameter
        self._contract = contract
        self._run = run

    def __repr__(self) -> str:
        return f"<Check {self.name} of {self._contract.provider}>"

    def __call__(self) -> None:
        """Check it.

        Raises:
            AssertionError: The provider breaks the contract.
        """
        with bench(self._contract) as made:
            self._run(made)


@contextmanager
def bench(contract: ProviderContract, /) -> Generator[Bench]:
    """Set up what one check needs."""
    importlib.import_module(contract.module)
    if not contract.over_http:
        yield Bench(contract, None)
        return
    with Simulator() as simulator:
        yield Bench(contract, simulator)
