"""The contracts of all providers, by a name that is unique."""

from collections.abc import Mapping

from chatmodels.testing.contract import ProviderContract
from conformance.rows import ROWS

MOCK = ProviderContract(
    provider="mock",
    model="echo",
    script=lambda replies: {"responses": list(replies), "on_exhausted": "echo"},
)
"""The provider without a wire format, which has no row."""

CONTRACTS: Mapping[str, ProviderContract] = {
    name: contract for row in ROWS for name, contract in row.contracts.items()
} | {"mock": MOCK}
