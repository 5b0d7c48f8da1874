"""The contract suite with a provider that claims no tools and no structured output."""

from types import SimpleNamespace
from typing import Any

import pytest

from chatmodels.testing.contract import _requests


@pytest.mark.parametrize(
    "check",
    [
        _requests.tools_arrive_with_descriptions_and_schemas,
        _requests.the_tool_choice_arrives,
        _requests.the_output_schema_arrives,
        _requests.calls_and_results_of_the_history_arrive,
    ],
)
def test_requests_with_unclaimed_capabilities_are_not_sent(check: Any) -> None:
    # It has no model that could send one.
    check(SimpleNamespace(metadata=SimpleNamespace(capabilities=frozenset())))
