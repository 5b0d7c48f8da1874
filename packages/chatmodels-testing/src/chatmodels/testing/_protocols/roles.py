"""The optional parts of a wire format that a protocol has."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from chatmodels.testing._protocols import PROTOCOLS
from chatmodels.testing._protocols.protocol import (
    ContinuingProtocol,
    CountingProtocol,
    IdentifyingProtocol,
    KeyRefusingProtocol,
    StoringProtocol,
    WireProtocol,
)


class Roles(NamedTuple):
    """A protocol, and the same protocol for each optional part that it has, otherwise None.

    They are determined once, since `isinstance` with a protocol class takes longer than a response.
    """

    protocol: WireProtocol
    continuing: ContinuingProtocol | None
    counting: CountingProtocol | None
    identifying: IdentifyingProtocol | None
    refusing: KeyRefusingProtocol | None
    storing: StoringProtocol | None


def roles(protocol: WireProtocol, /) -> Roles:
    """Return the roles of a protocol."""
    return Roles(
        protocol,
        protocol if isinstance(protocol, ContinuingProtocol) else None,
        protocol if isinstance(protocol, CountingProtocol) else None,
        protocol if isinstance(protocol, IdentifyingProtocol) else None,
        protocol if isinstance(protocol, KeyRefusingProtocol) else None,
        protocol if isinstance(protocol, StoringProtocol) else None,
    )


@cache
def known_roles() -> Sequence[Roles]:
    """Return the roles of the protocols that the simulator knows."""
    return tuple(map(roles, PROTOCOLS))
