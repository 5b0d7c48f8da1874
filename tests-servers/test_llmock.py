"""The faults of LLMock, and its verdict on how they were met."""

import json
import urllib.request
from typing import Any

import pytest

from chatmodels.core import ChatModelError, ContextLengthError, StreamInterruptedError, Timeout
from mocks import Mocked, each_api


def control(mocked: Mocked, path: str, body: Any = None) -> Any:
    """Request a page of llmock's own interface."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{mocked.address}/_llmock/{path}", data, headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def queue(mocked: Mocked, **behaviour: Any) -> None:
    """Let the next request fail, after all earlier ones are forgotten."""
    control(mocked, "reset", {})
    control(mocked, "scenario", {"behaviors": [behaviour]})


@each_api
def test_a_call_is_retried_after_the_advised_delay(mocked: Mocked, api: str) -> None:
    queue(mocked, type="fail", status=429, retry_after=0.3, times=2)

    assert mocked.model(api, max_retries=2).generate("Hello").text
    verdict = control(mocked, "verdict")
    assert (verdict["attempts"], verdict["findings"]) == (3, [])


@each_api
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_mistake_of_the_caller_is_not_retried(mocked: Mocked, api: str, status: int) -> None:
    queue(mocked, type="fail", status=status, times=None)
    with pytest.raises(ChatModelError) as caught:
        mocked.model(api, max_retries=2).generate("Hello")

    assert caught.value.status == status
    verdict = control(mocked, "verdict")
    assert (verdict["attempts"], verdict["findings"]) == (1, [])


@each_api
def test_an_overloaded_vendor_is_retried(mocked: Mocked, api: str) -> None:
    queue(mocked, type="fail", status=503, times=1)

    assert mocked.model(api, max_retries=2).generate("Hello").text
    assert control(mocked, "verdict")["errors"] == 0


@each_api
@pytest.mark.parametrize("kind", ["disconnect", "truncate", "malformed"])
def test_a_broken_stream_is_an_error(mocked: Mocked, api: str, kind: str) -> None:
    queue(mocked, type="stream_fault", kind=kind, after_chunks=2, times=None)
    with pytest.raises(ChatModelError) as caught:
        mocked.model(api).stream("Hello").collect()

    assert isinstance(caught.value, StreamInterruptedError) or kind == "malformed"
    assert caught.value.partial is not None


@each_api
def test_a_stream_that_stalls_is_ended(mocked: Mocked, api: str) -> None:
    queue(mocked, type="stream_fault", kind="stall", after_chunks=2, stall_seconds=900)
    timeout = Timeout(first_event=60, between_events=1)
    with pytest.raises(ChatModelError, match="between"):
        mocked.model(api, timeout=timeout).stream("Hello").collect()


@each_api
def test_a_prompt_that_is_too_long_is_an_error(mocked: Mocked, api: str) -> None:
    message = "This model's maximum context length was exceeded."
    queue(mocked, type="fail", status=400, code="context_length_exceeded", message=message)
    with pytest.raises(ContextLengthError):
        mocked.model(api).generate("Hello")
