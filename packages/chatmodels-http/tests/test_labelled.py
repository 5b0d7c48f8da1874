"""Streams that a server labels as JSON."""

from typing import Any

import httpx
import pytest

from chatmodels.core import StreamInterruptedError


def labelled(model: Any, body: bytes) -> Any:
    headers = {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body, headers=headers))
    return model(http_client=httpx.Client(transport=transport))


def test_a_stream_that_is_labelled_as_json_is_read_as_a_stream(model: Any) -> None:
    body = b'data: {"text": "Hi"}\n\ndata: {"end": true}\n\n'
    assert labelled(model, body).stream("?").collect().text == "Hi"


def test_such_a_stream_without_its_end_is_interrupted(model: Any) -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        labelled(model, b'data: {"text": "Hi"}\n\n').stream("?").collect()
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hi"
