"""A finding of `doctor`."""

from typing import Literal, NamedTuple

Status = Literal["ok", "warning", "problem"]


class Finding(NamedTuple):
    """A fact about the installation, the configuration or the network.

    Attributes:
        area: The part that it is about.
        status: Whether it is in order.
        fact: The fact, with its values; never a secret.
        remedy: A way to change it; empty if it is in order.
    """

    area: str
    status: Status
    fact: str
    remedy: str = ""
