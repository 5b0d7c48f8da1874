"""The catalogue of transport faults, with a module for each group."""

from collections.abc import Mapping

import msgspec

from chatmodels.testing._wire.catalogue import body, connection, head, status, stream
from chatmodels.testing._wire.fault import Group, WireFault

_GROUPS: Mapping[Group, tuple[WireFault, ...]] = {
    "connection": connection.FAULTS,
    "head": head.FAULTS,
    "body": body.FAULTS,
    "status": status.FAULTS,
    "stream": stream.FAULTS,
}

WIRE_FAULTS: Mapping[str, WireFault] = {
    fault.name: msgspec.structs.replace(fault, group=group)
    for group, faults in _GROUPS.items()
    for fault in faults
}
"""The catalogue by name, ordered by group."""
