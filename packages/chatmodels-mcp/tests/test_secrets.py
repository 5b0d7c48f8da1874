"""Credentials: sent to the server, and nowhere else."""

import logging
import traceback
from collections.abc import Callable, Generator
from typing import Any

import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModelError,
    ConfigurationError,
    NetworkError,
    Secret,
)
from chatmodels.mcp import McpServer


async def token() -> str:
    return "asynchronous"


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        ("static", "Bearer static"),
        (Secret("wrapped"), "Bearer wrapped"),
        (lambda: "computed", "Bearer computed"),
        (token, "Bearer asynchronous"),
    ],
)
async def test_a_token_is_sent(
    http: Callable[..., McpServer], call: Callable[..., Any], auth: Any, sent: str
) -> None:
    async with http(auth=auth) as server:
        assert (await call(server, "headers", header="authorization")).text == sent


def test_headers_are_sent(http: Callable[..., McpServer], call: Callable[..., Any]) -> None:
    with http(headers={"X-Api-Key": "k-1"}) as server:
        assert call(server, "headers", header="x-api-key").text == "k-1"


def test_a_flow_of_httpx2_can_be_passed(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    import httpx2

    class Flow(httpx2.Auth):
        def auth_flow(self, request: Any) -> Generator[Any, Any]:
            request.headers["Authorization"] = "Flow 7"
            yield request

    with http(auth=Flow()) as server:
        assert call(server, "headers", header="authorization").text == "Flow 7"


def test_a_token_is_renewed_after_it_was_refused(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    tokens = iter(["expired"])
    with http(auth=lambda: next(tokens, "fresh")) as server:
        assert call(server, "headers", header="authorization").text == "Bearer fresh"


def test_a_token_that_is_wrong_is_an_authentication_error(http: Callable[..., McpServer]) -> None:
    with pytest.raises(AuthenticationError, match="returned HTTP 401"):
        http(auth="wrong").__enter__()


def test_a_token_that_cannot_be_computed_is_an_authentication_error(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    tokens = iter(["fresh"] * 50)

    def compute() -> str:
        return next(tokens)

    with http(auth=compute) as server:
        for _ in tokens:
            pass
        with pytest.raises(AuthenticationError, match="function of the secret failed with"):
            call(server, "nothing")


def test_credentials_of_another_type_are_refused() -> None:
    wrong: Any = 7
    with pytest.raises(ConfigurationError, match="a secret must be a str or a function"):
        McpServer.http("https://mcp.example", auth=wrong)


def test_no_secret_of_http_is_shown(
    own_http: Callable[..., Any], call: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "chatmodels")
    process = own_http()
    options: Any = {"headers": {"X-Key": "s3cr3t-header"}, "auth": "s3cr3t-token"}
    texts: list[str] = []
    with process.connect(**options) as server:
        texts.append(repr(server))
        process.kill()
        with pytest.raises(NetworkError) as caught:
            call(server, "nothing")
        texts += [str(caught.value), "".join(traceback.format_exception(caught.value))]
    texts += [repr(server), caplog.text]
    with pytest.raises(ConfigurationError) as refused:
        McpServer.http("htp://user:s3cr3t-password@mcp.example/mcp?key=s3cr3t-key")
    texts.append(str(refused.value))

    assert not [text for text in texts if "s3cr3t" in text]


def test_no_secret_of_a_program_is_shown(
    stdio: Callable[..., McpServer], call: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "chatmodels")
    texts: list[str] = []
    with stdio(env={"KEY": "s3cr3t-value", "DEBUG": "1"}) as server:
        assert call(server, "environment", variable="KEY").text == "s3cr3t-value"
        texts.append(repr(server))
        with pytest.raises(NetworkError, match=r"leaving because of \*\*\*") as caught:
            call(server, "leave")
        texts += [str(caught.value), "".join(traceback.format_exception(caught.value))]
    texts += [repr(server), caplog.text]

    assert "leaving because of ***" in caplog.text
    assert not [text for text in texts if "s3cr3t" in text]


def test_a_program_does_not_inherit_the_environment(
    stdio: Callable[..., McpServer], call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-program")
    with stdio() as server:
        assert call(server, "environment", variable="OPENAI_API_KEY").text == "absent"
        assert call(server, "environment", variable="PATH").text != "absent"


def test_the_secret_of_a_url_is_not_in_an_error(own_http: Callable[..., Any]) -> None:
    process = own_http()
    process.kill()
    url = process.url.replace("//", "//user:s3cr3t-password@") + "?key=s3cr3t-key"
    with pytest.raises(ChatModelError) as caught:
        McpServer.http(url, connect_timeout=None).__enter__()

    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
