"""Hosts of URLs as in DNS."""

import re

from chatmodels.http._transport.engine import TransferError

# Sharp s, final sigma and the joiners. The codec of Python follows IDNA 2003, which replaces or
# removes them. IDNA 2008, which browsers follow, does not: "faß.de" and "fass.de" are two domains.
# See "Deviations" in UTS #46 of Unicode.
_DEVIATIONS = "[\xdf\u1e9e\u03c2\u200c\u200d]"
_LONGEST_LABEL = 63


def dns_name(host: str, /) -> str:
    """Encode a host for DNS.

    Raises:
        TransferError: Its encoding depends on the version of IDNA, so that the request, with its
            key, could be sent to another owner.
        ValueError: It cannot be encoded.
    """
    if host.isascii():  # the codec, which is slow to import, would only check the labels
        *labels, last = host.split(".")
        if "" in labels or max(map(len, (*labels, last))) > _LONGEST_LABEL:
            raise ValueError("a label of the host is empty or too long")
        return host
    if (found := re.search(_DEVIATIONS, host)) is not None:
        raise TransferError(
            "unusable",
            f"the host of the URL contains {found[0]!r}, which has two encodings in DNS; write the "
            "host in its xn-- form",
        )
    return host.encode("idna").decode()
