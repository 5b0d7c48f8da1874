"""Names of every provider keep their place in the address of a request."""

import posixpath
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ConfigurationError,
    InvalidRequestError,
    create_chat_model,
)
from chatmodels.http import Deadlines, Engine, HttpResponse, RequestHead, TransferError
from vendors import VENDORS

GATEWAY = "https://gateway.example/tenant-a"
RESOURCE = "https://acme.openai.azure.com"
PLAIN = "plain-1"
HOSTILE = {
    "empty segment": "a//b",
    "leading slash": "/a",
    "two leading slashes": "//other.example/a",
    "trailing slash": "a/",
    "one dot": ".",
    "two dots": "..",
    "three dots": "...",
    "dots before": "../a",
    "dots within": "a/../../b",
    "dots behind": "a/..",
    "dots and a blank": ".. /a",
    "dots and parameters": "..;x=1/a",
    "dots and a query": "a/..?x",
    "encoded dots": "%2e%2e/a",
    "dots encoded twice": "%252e%252e/a",
    "encoded slash": "..%2fa",
    "backslashes": "..\\a",
    "full-width dots": "\uff0e\uff0e/a",
    "full-width slash": "..\uff0fa",
    "line end": "a\r\nX-Injected: 1",
    "last line end": "a\n",
    "tab": "a\tb",
    "null": "a\0b",
    "delete": "a\x7fb",
    "lone surrogate": "a\ud800",
    "direction override": "\u202ea",
    "blank": " ",
}
LEGITIMATE = {
    "google": ["gemini-3.8-flash", "models/gemini-3.8-flash", "tunedModels/mine-1", "odd name?"],
    "google-vertex project": [
        "publishers/meta/models/llama-4",
        "projects/p/locations/us/endpoints/1",
        "gemini-2.5-pro@001",
    ],
    "azure dated": ["gpt-4o_2024.11", "prod/eu"],
    "bedrock": [
        "us.anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine",
    ],
    "cohere": ["command-a", "org/model"],
    "openai": ["org/model:free", "accounts/acme/models/m", "ft:gpt-4o:acme::1"],
}

KINDS: dict[str, dict[str, Any]] = {name: vendor.options for name, vendor in VENDORS.items()} | {
    "google-vertex project": {"project": "mine", "credentials": lambda: "token"},
    "azure dated": {"base_url": RESOURCE, "api_version": "2024-10-21"},
}
IN_PATH = ("google", "google-vertex", "google-vertex project", "azure dated", "bedrock")
"""The providers that put the model's name into the path."""


@pytest.fixture(autouse=True)
def _no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Keep hostile names out of the log: pytest-xdist cannot report a lone surrogate."""
    caplog.set_level("CRITICAL", logger="chatmodels")


class Recorder(Engine):
    """Notes where requests go, and sends none."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        self.paths.append(urlsplit(head.url).path)
        raise TransferError("unusable", "not sent")


def recording_client(paths: list[str]) -> httpx.Client:
    """Make a client that notes the paths of requests as httpx sends them."""

    def respond(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path.decode().partition("?")[0])
        return httpx.Response(404, text="{}")

    return httpx.Client(transport=httpx.MockTransport(respond))


def sent_path(kind: str, name: str, *, injected: bool = False, **call: Any) -> str:
    """Make one call, and give the path of its request."""
    engine = Recorder()
    client = recording_client(engine.paths) if injected else engine
    with pytest.raises(ChatModelError) as caught:
        model(kind, name, client).generate("Hello", **call)
    if not engine.paths:
        raise caught.value
    (path,) = engine.paths
    return path


def model(kind: str, name: str, client: object, **options: Any) -> ChatModel:
    key = {} if "credentials" in KINDS[kind] else {"api_key": "sk-test"}
    place = {"base_url": GATEWAY, "max_retries": 0, "http_client": client}
    chosen = key | place | KINDS[kind] | options
    return create_chat_model(f"{kind.partition(' ')[0]}:{name}", **chosen)


def seen_by_servers(path: str) -> str:
    """Resolve a path as the most obliging of servers might."""
    return posixpath.normpath(unquote(unquote(path)).replace("\\", "/"))


@pytest.mark.parametrize("injected", [False, True], ids=["own engine", "httpx"])
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_name_stays_below_its_prefix_or_is_refused(
    kind: str, name: str, injected: bool
) -> None:
    prefix, in_path, _ = sent_path(kind, PLAIN).partition(PLAIN)
    assert bool(in_path) == (kind in IN_PATH)
    with suppress(ConfigurationError, InvalidRequestError):
        path = sent_path(kind, name, injected=injected)
        assert seen_by_servers(path).startswith(prefix)
        assert in_path or path == prefix  # the name is in the body


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", IN_PATH)
def test_a_hostile_name_is_refused_before_anything_is_sent(kind: str, name: str) -> None:
    engine = Recorder()
    with pytest.raises(InvalidRequestError, match="cannot be part of a URL") as caught:
        model(kind, name, engine).generate("Hello")
    assert not engine.paths
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("kind", IN_PATH)
def test_a_refusal_contains_the_problem_and_the_remedy(kind: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"'a/\.\./b' cannot be part of a URL; use"):
        model(kind, "a/../b", Recorder()).generate("Hello")


@pytest.mark.parametrize(("kind", "names"), LEGITIMATE.items(), ids=LEGITIMATE)
def test_official_names_are_accepted(kind: str, names: list[str]) -> None:
    prefix = sent_path(kind, PLAIN).partition(PLAIN)[0]
    for name in names:
        path = unquote(sent_path(kind, name))
        assert (name in path) == (kind in IN_PATH)
        assert path.startswith(prefix.partition("/models/")[0].partition("projects/")[0])


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", ["openai responses", "azure responses"])
def test_a_hostile_id_of_a_response_is_refused(kind: str, name: str) -> None:
    with pytest.raises(InvalidRequestError, match="retrieve must be the id of a response"):
        sent_path(kind, PLAIN, provider_options={"retrieve": name})


def test_a_query_that_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="lone surrogate"):
        sent_path("openai responses", PLAIN, provider_options={"retrieve": "r_1", "x": "\ud800"})


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    ("kind", "option"),
    [
        ("google-vertex project", "project"),
        ("google-vertex project", "location"),
        ("azure dated", "deployment"),
        ("azure", "api_version"),
        ("bedrock", "region"),
    ],
)
def test_a_hostile_option_is_refused_when_the_model_is_created(
    kind: str, option: str, name: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        model(kind, PLAIN, Recorder(), **{option: name})
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("place", ["eu.other.example", "-", "a" * 64, "us-east-\uff11", "eu_1"])
@pytest.mark.parametrize(
    ("kind", "option"), [("google-vertex project", "location"), ("bedrock", "region")]
)
def test_a_part_of_a_host_must_be_one_label(kind: str, option: str, place: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        model(kind, PLAIN, Recorder(), **{option: place})


@pytest.mark.parametrize(
    ("kind", "option"), [*((kind, "base_url") for kind in KINDS), ("bedrock", "control_url")]
)
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://user:sword@acme.test/v1", "must not contain credentials"),
        ("https://acme.test/v1?tenant=sword", "must not have a query or a fragment"),
        ("https://acme.test/v1#sword", "must not have a query or a fragment"),
    ],
)
def test_a_base_url_has_only_scheme_host_and_path(
    kind: str, option: str, address: str, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"{option} {words}") as caught:
        model(kind, PLAIN, Recorder(), **{option: address})
    assert "sword" not in f"{caught.value!r} {caught.value.details}"


@pytest.mark.parametrize("host", ["user:sword@acme.test", "acme.test/?a=sword", "acme.test#sword"])
def test_the_host_of_ollama_has_only_a_path(host: str) -> None:
    with pytest.raises(ConfigurationError, match="host must be like"):
        create_chat_model("ollama:qwen3", host=host)
