"""The description of a provider for the suite, and the context of a check."""

import importlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from chatmodels.core import ChatModel, ChatModelError, create_chat_model
from chatmodels.core.extending import Provider, ProviderMetadata
from chatmodels.core.extending import provider as registered
from chatmodels.testing._former import warn_former
from chatmodels.testing._replies import ReplyContent
from chatmodels.testing._simulator import Simulator

SECRET = "sk-contract-0123456789abcdefghij"  # noqa: S105 - not a real key
"""The API key of the suite, which must not appear in any output."""

PROMPT = "Describe the seven seas, one after the other, and the winds that blow over each of them."
"""A prompt that is long enough for a response that repeats it to break in the middle."""

Script = Callable[[Sequence[object]], Mapping[str, object]]
"""Returns the options that make an in-process model return, or raise, these items in order."""


def _base_url(simulator: Simulator) -> Mapping[str, object]:
    return {"base_url": simulator.base_url}


class ProviderContract(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a provider for the suite.

    Attributes:
        provider: The registered name.
        model: A model name.
        connect: Returns the options that connect a model to a simulator.
        options: Additional options of each model.
        script: The options of scripted replies, for an in-process provider without HTTP.
        unreported: The fields of "id" and "model" that the provider never reports.
        exempt: Names of checks that the provider does not have to pass, with the reasons.
        streams_whole: Whether whole responses are requested as streams, so that they fail as
            streams do.
        registered_by: The module that registers the provider when it is imported; the default is
            the module of that name in `chatmodels.providers`, with "_" for "-".
            untold: The former name of `unreported`, until 0.3.
    """

    provider: str
    model: str
    connect: Callable[[Simulator], Mapping[str, object]] = _base_url
    options: Mapping[str, object] = msgspec.field(default_factory=dict[str, object])
    script: Script | None = None
    unreported: frozenset[str] = frozenset()
    exempt: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    streams_whole: bool = False
    registered_by: str | None = None
    untold: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.untold:
            warn_former("ProviderContract(untold=...)", "unreported=...")
            msgspec.structs.force_setattr(self, "unreported", self.unreported | self.untold)

    @property
    def over_http(self) -> bool:
        """True if the models make HTTP requests."""
        return self.script is None

    @property
    def module(self) -> str:
        """The module that registers the provider when it is imported."""
        return self.registered_by or f"chatmodels.providers.{self.provider.replace('-', '_')}"


class CheckContext:
    """The context of one check, which creates models.

    Args:
        contract: The description of the provider.
        simulator: The simulated provider; None for an in-process provider.
    """

    def __init__(self, contract: ProviderContract, simulator: Simulator | None) -> None:
        self.contract = contract
        self._simulator = simulator

    @property
    def simulator(self) -> Simulator:
        """The simulated provider, for checks of HTTP providers."""
        assert self._simulator is not None, "an in-process provider has no simulator"
        return self._simulator

    @property
    def provider(self) -> Provider:
        """The provider, from the global registry."""
        return registered(self.contract.provider)

    @property
    def metadata(self) -> ProviderMetadata:
        """The metadata of the provider."""
        return self.provider.metadata

    def options(self, *replies: ReplyContent, **options: object) -> dict[str, object]:
        """Return the options of a model that returns these replies first."""
        contract = self.contract
        if contract.script is not None:
            return {**contract.options, **contract.script(replies), **options}
        self.simulator.queue(*replies)
        connection = contract.connect(self.simulator)
        base = {"api_key": SECRET, "max_retries": 0, **connection, **contract.options}
        return {name: value for name, value in (base | options).items() if value is not None}

    def model(self, *replies: ReplyContent, **options: object) -> ChatModel:
        """Create a model that returns these replies first, and then repeats the prompts."""
        spec = f"{self.contract.provider}:{self.contract.model}"
        all_options: dict[str, Any] = self.options(*replies, **options)
        return create_chat_model(spec, **all_options)


def failure(call: Callable[[], object], /) -> ChatModelError | None:
    """Return the error that a call raises, or None."""
    try:
        call()
    except ChatModelError as error:
        return error
    return None


class Check:
    """One requirement for a provider; calling it raises an AssertionError if it is not met."""

    def __init__(
        self, name: str, contract: ProviderContract, run: Callable[[CheckContext], None]
    ) -> None:
        self.name = name
        self.__name__ = name  # pytest uses it as the id of a parameter
        self._contract = contract
        self._run = run

    def __repr__(self) -> str:
        return f"<Check {self.name} of {self._contract.provider}>"

    def __call__(self) -> None:
        """Run the check.

        Raises:
            AssertionError: The provider breaks the contract.
        """
        with check_context(self._contract) as context:
            self._run(context)


@contextmanager
def check_context(contract: ProviderContract, /) -> Generator[CheckContext]:
    """Set up the context of one check."""
    importlib.import_module(contract.module)
    if not contract.over_http:
        yield CheckContext(contract, None)
        return
    # Checks try every value of a setting, also those that a vendor refuses for some models.
    with Simulator() as simulator:
        yield CheckContext(contract, simulator)
