"""Usage that is reported several times in one stream."""

import pytest

from chatmodels.core import Usage
from chatmodels.http.wire import known_usage


@pytest.mark.parametrize(
    ("known", "new", "expected"),
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
            Usage(input_tokens=9, output_tokens=4, total_tokens=20, reasoning_tokens=3),
            Usage(input_tokens=9, output_tokens=4, total_tokens=20),
            Usage(input_tokens=9, output_tokens=4, total_tokens=20, reasoning_tokens=3),
            id="a detail that is not repeated",
        ),
    ],
)
def test_a_zero_does_not_overwrite_a_number(known: Usage, new: Usage, expected: Usage) -> None:
    assert known_usage(known, new) == expected
