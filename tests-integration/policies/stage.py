"""The servers and the clock of one played fault, and the facts of the calls."""

import time
from typing import Any, NamedTuple

from chatmodels.core import ChatModel, ChatResponse
from chatmodels.core.extending import CallInfo
from chatmodels.testing import FaultServer, WireFault

Outcome = ChatResponse[Any] | Exception


class Clock:
    """The monotonic clock, which a test moves ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Recorder:
    """An observer that keeps the facts of the last call, and counts starts and ends."""

    def __init__(self) -> None:
        self.calls: list[CallInfo] = []
        self.ends = 0

    def start(self, call: CallInfo, /) -> CallInfo:
        self.calls.append(call)
        return call

    def end(self, token: CallInfo, response: object, error: object, /) -> None:
        self.ends += 1


class Stage(NamedTuple):
    """The place of one cell.

    Attributes:
        server: The server that plays the fault.
        fault: The fault.
        backup: A model of another server, which never fails.
        backup_server: That server.
        clock: The clock of the policies.
    """

    server: FaultServer
    fault: WireFault
    backup: ChatModel
    backup_server: FaultServer
    clock: Clock

    def sent(self) -> int:
        """Return the number of requests that have reached the first server."""
        refused = [name for name in self.server.played if self.fault.at_accept]
        return len(self.server.requests) + len(refused)  # before a request is read

    def replaced(self) -> int:
        """Return the number of requests that have reached the backup server."""
        return len(self.backup_server.requests)

    def settle(self) -> float:
        """End the fault, after the server has played it, and return 0."""
        self.server.wait_until_played()
        self.server.fault = None
        return 0.0


class Played(NamedTuple):
    """A call that has ended.

    Attributes:
        outcome: Its response or its error.
        call: Its facts.
        sent: The number of its requests that have reached the first server.
        replaced: The number of those that have reached the backup server.
    """

    outcome: Outcome
    call: CallInfo
    sent: int
    replaced: int

    @property
    def succeeded(self) -> bool:
        """True if it returned a response."""
        return isinstance(self.outcome, ChatResponse)

    @property
    def tokens(self) -> int:
        """The tokens that are known to be used."""
        response = self.outcome if self.succeeded else getattr(self.outcome, "partial", None)
        return (response and response.usage.total_tokens) or 0
