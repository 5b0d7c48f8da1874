"""A row of the table: one wire format at one provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chatmodels.core import ChatModel, ChatRequest, user
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.differences import Adapt, as_expected
from conformance.exchanges import Entry, Json, body_of
from conformance.replaying import Capturing, ModelFactory

HELLO = ChatRequest(messages=(user("Hello"),))


class InexpressibleError(Exception):
    """A recorded request has something that the neutral types cannot express; it is left out."""


def nothing_more(_: ModelFactory, __: Recording, /) -> list[str]:
    """Require nothing more of a response."""
    return []


def streamed_by_body(exchange: Recording) -> bool:
    """Check by the body whether a request is for a stream."""
    return bool(body_of(exchange).get("stream"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Requests:
    """The functions that decode recorded requests and encode them again.

    Attributes:
        neutral: Decodes a request. It can change `body_of(exchange)`, and raises
            `InexpressibleError("reason")` for a request that is left out.
        model: Creates the model that encodes the request, with the engine.
        normal: Normalizes a recorded or encoded body for the comparison. It removes the
            differences that do not matter, and can change the body.
        streamed: Checks whether a request is for a stream.
        place: Returns the part of a URL that must equal the recorded one.
    """

    neutral: Callable[[Recording], ChatRequest]
    model: Callable[[Recording, Capturing], ChatModel]
    normal: Callable[[Json], Json]
    streamed: Callable[[Recording], bool] = streamed_by_body
    place: Callable[[str], str] = lambda _: ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One wire format at one provider.

    Attributes:
        name: The name of the row.
        apis: The wire formats that it reads.
        model: Makes the model that reads the exchanges.
        providers: Who sent the responses; anybody if empty.
        adapt: States the deliberate differences from the expected readings.
        also: Requires more of a response; returns the problems.
        requests: How requests are written; None if another row does it.
        damage: The request that damaged responses answer. Tools and an output schema lead to
            more places. None if another row reads them.
        contracts: How the contract suite makes models of the provider, by name.
    """

    name: str
    apis: frozenset[str]
    model: ModelFactory
    providers: frozenset[str] = frozenset()
    adapt: Adapt = as_expected
    also: Callable[[ModelFactory, Recording], list[str]] = nothing_more
    requests: Requests | None = None
    damage: ChatRequest | None = HELLO
    contracts: Mapping[str, ProviderContract] = field(default_factory=dict[str, ProviderContract])

    def takes(self, entry: Entry) -> bool:
        """Check whether the row reads an exchange."""
        return entry.api in self.apis and (not self.providers or entry.provider in self.providers)
