"""The reasoning and the errors of aimock, which come from its fixtures."""

import pytest

from chatmodels.core import RateLimitError
from mocks import Mocked, each_api


@each_api
@pytest.mark.parametrize("streamed", [False, True])
def test_reasoning_is_read(mocked: Mocked, api: str, streamed: bool) -> None:
    if api in {"cohere", "ollama"}:
        pytest.skip("aimock 1.43 sends the reasoning in a field that the vendor does not have")
    model = mocked.model(api)
    prompt = "What is 2 + 2?"
    response = model.stream(prompt).collect() if streamed else model.generate(prompt)

    assert (response.reasoning, response.text) == ("Two plus two.", "Four.")


@each_api
def test_a_rate_limit_is_an_error(mocked: Mocked, api: str) -> None:
    with pytest.raises(RateLimitError) as caught:
        mocked.model(api).generate("limit")

    assert caught.value.retry_after == 1
    assert caught.value.request_id
