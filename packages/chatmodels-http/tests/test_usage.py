"""Usage that is reported several times in one stream."""

from decimal import Decimal

import pytest

from chatmodels.core import Usage
from chatmodels.http.wire import merge_usage


@pytest.mark.parametrize(
    ("earlier", "new", "expected"),
    [
        pytest.param(
            Usage(), Usage(input_tokens=0), Usage(input_tokens=0), id="a zero at the beginning"
        ),
        pytest.param(
            Usage(input_tokens=9, output_tokens=1),
            Usage(input_tokens=9, output_tokens=4),
            Usage(input_tokens=9, output_tokens=4),
            id="more of it",
        ),
        pytest.param(
            Usage(input_tokens=9, output_tokens=4, cached_input_tokens=2),
            Usage(input_tokens=0, output_tokens=0, cached_input_tokens=0),
            Usage(input_tokens=9, output_tokens=4, cached_input_tokens=2),
            id="zeros at the end",
        ),
        pytest.param(
            Usage(input_tokens=9, output_tokens=1),
            Usage(input_tokens=0, output_tokens=4),
            Usage(input_tokens=9, output_tokens=4, total_tokens=13),
            id="a zero beside a number",
        ),
        pytest.param(
            Usage(input_tokens=9, output_tokens=4, cached_input_tokens=8),
            Usage(input_tokens=9, output_tokens=4, cached_input_tokens=0),
            Usage(input_tokens=9, output_tokens=4, cached_input_tokens=0),
            id="a detail that is corrected",
        ),
        pytest.param(
            Usage(input_tokens=9),
            Usage(output_tokens=4, reasoning_tokens=3),
            Usage(input_tokens=9, output_tokens=4, reasoning_tokens=3),
            id="input and output apart",
        ),
        pytest.param(
            Usage(input_tokens=9, output_tokens=4, reported_cost=Decimal(2)),
            Usage(input_tokens=0, output_tokens=0),
            Usage(input_tokens=9, output_tokens=4, reported_cost=Decimal(2)),
            id="a cost before the end",
        ),
        pytest.param(
            Usage(input_tokens=9, reported_cost=Decimal(1)),
            Usage(output_tokens=4, reported_cost=Decimal(2)),
            Usage(input_tokens=9, output_tokens=4, reported_cost=Decimal(2)),
            id="a cost that grows",
        ),
    ],
)
def test_a_zero_does_not_overwrite_a_number(earlier: Usage, new: Usage, expected: Usage) -> None:
    assert merge_usage(earlier, new) == expected
