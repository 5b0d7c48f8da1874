"""Azure's batches: OpenAI's API at v1 endpoints, over deployments of a batch type.

Facts are from "Getting started with Azure OpenAI batch deployments", "Azure OpenAI quotas and
limits" and the REST reference of Microsoft Foundry. A resource keeps 500 files of rows, and 10,000
if they expire after 14 to 30 days. A file is processed before a batch can use it. Jobs that take
longer than 24 hours go on.
"""

from collections.abc import Callable

from chatmodels.core import ChatModelError
from chatmodels.http import HttpFailure
from chatmodels.openai_compatible import OpenAIBatches
from chatmodels.providers.azure._address import Address

_KEPT = 14 * 24 * 3600  # seconds for which Azure keeps the files of rows
WITHOUT_BATCHES = "pass api_version='v1', and a base_url without /models"
"""The remedy if an endpoint has no batch API."""

_EXPIRY = (("expires_after.seconds", str(_KEPT)), ("expires_after.anchor", "created_at"))


def azure_batches(
    address: Address, failure: Callable[[HttpFailure], ChatModelError], url: str
) -> OpenAIBatches | None:
    """Create the batch API of an endpoint; None if the endpoint has none.

    Args:
        address: The endpoint.
        failure: Translates a failed response.
        url: The path of the calls in a file.
    """
    if address.kind != "v1":
        return None
    return OpenAIBatches(
        provider="azure",
        failure=failure,
        path=address.prefix,
        query=f"?api-version={address.version}" if address.version else "",
        url=url,
        file_fields=_EXPIRY,
        awaits_files=True,
    )
