"""No frame in a traceback shows the key: rich, loguru and `pytest -l` print local variables."""

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

import anyio
import httpx
import msgspec
import pytest

from chatmodels.core import ChatModelError, InternalError, Secret, Timeout
from chatmodels.http import HttpChatModel, RequestHead
from chatmodels.http._tracebacks import forget_locals

pytestmark = pytest.mark.usefixtures("built_in")

KEY = "sk-never-to-be-seen"
FORMS = ["generate", "stream", "agenerate", "astream"]

forms = pytest.mark.parametrize("form", FORMS)


def frames(trace: TracebackType | None) -> Iterator[Any]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def errors(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        for other in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
            yield from errors(other, seen)


def leaks(error: BaseException) -> list[str]:
    """List the local variables that show the key, those of the tests excepted."""
    return [
        f"{frame.f_code.co_filename}:{frame.f_lineno} {name}"
        for found in errors(error, set())
        for frame in frames(found.__traceback__)
        if "/tests/" not in frame.f_code.co_filename
        for name, value in frame.f_locals.items()
        if KEY in repr(value)
    ]


def wait(exchange: Any) -> None:
    exchange.seen_fin()


def half_a_head(exchange: Any) -> str:
    exchange.send(b"HTTP/1.1 200 OK\r\nx-half: ")
    return "stop"


def no_http(exchange: Any) -> str:
    exchange.send(b"no HTTP at all\r\n\r\n")
    return "stop"


def half_a_body(exchange: Any) -> str:
    exchange.begin("application/json")
    exchange.chunk('{"text')
    return "stop"


def half_a_stream(exchange: Any) -> str:
    exchange.begin()
    exchange.event(text="Hel")
    return "stop"


def silent_body(exchange: Any) -> None:
    exchange.begin()
    exchange.event(text="Hel")
    exchange.seen_fin()


def unread(exchange: Any) -> str:
    exchange.reset()
    return "stop"


def rejecting(exchange: Any) -> None:
    exchange.respond(f'{{"error": "{exchange.headers["authorization"]}"}}', 401)


def coded(exchange: Any) -> None:
    exchange.respond(b"\x00", content_encoding="snappy")


SHORT = Timeout(read=0.05)
FAULTS: dict[str, tuple[Callable[[Any], object], dict[str, Any]]] = {
    "refused": (wait, {"base_url": "http://127.0.0.1:1"}),
    "not TLS": (no_http, {"secure": True}),
    "a closed connection": (lambda exchange: "stop", {}),
    "a reset connection": (unread, {}),
    "half a head": (half_a_head, {}),
    "no HTTP": (no_http, {}),
    "no head": (wait, {"timeout": SHORT}),
    "no head in all the time": (wait, {"timeout": Timeout(total=0.05)}),
    "half a body": (half_a_body, {}),
    "half a stream": (half_a_stream, {}),
    "no further bytes": (silent_body, {"timeout": SHORT}),
    "a rejected key": (rejecting, {}),
    "an unknown coding": (coded, {}),
    "no address": (wait, {"base_url": "http://[::1"}),
    "another protocol": (wait, {"base_url": "ftp://127.0.0.1"}),
}


@forms
@pytest.mark.parametrize("source", ["text", "function"])
@pytest.mark.parametrize("fault", list(FAULTS))
def test_no_frame_shows_the_key(
    server: Any, through: Any, form: str, source: str, fault: str
) -> None:
    server.handler, given = FAULTS[fault]
    if given.get("secure"):
        given = {"base_url": server.url.replace("http:", "https:")}
    secret = Secret(KEY) if source == "text" else Secret(lambda: KEY)
    with pytest.raises(ChatModelError) as caught:
        through(form, api_key=secret, headers={"X-Token": KEY}, **given)
    assert leaks(caught.value) == []


@forms
def test_no_frame_shows_the_key_when_sending_breaks(server: Any, through: Any, form: str) -> None:
    server.reads_bodies = False
    server.handler = unread
    with pytest.raises(ChatModelError) as caught:
        through(form, "x" * 20_000_000, api_key=Secret(KEY))
    assert leaks(caught.value) == []


def failing() -> str:
    key = KEY
    raise LookupError(f"{len(key)} characters")


async def afailing() -> str:
    key = KEY
    raise LookupError(f"{len(key)} characters")


@forms
@pytest.mark.parametrize(
    "function",
    [failing, afailing, lambda: f"{KEY}\n", lambda: [KEY]],
    ids=["fails", "fails async", "gives a line end", "gives a list"],
)
def test_no_frame_shows_the_key_of_a_function_that_fails(
    through: Any, form: str, function: Any
) -> None:
    with pytest.raises(ChatModelError) as caught:
        through(form, api_key=Secret(function))
    assert leaks(caught.value) == []


def test_no_frame_shows_the_key_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, model: Callable[..., HttpChatModel]
) -> None:
    import copy
    import pickle

    monkeypatch.setenv("ACME_API_KEY", f"{KEY}\n")
    again = pickle.loads(pickle.dumps(Secret("sk-1", origin="ACME_API_KEY")))
    with pytest.raises(ChatModelError) as caught:
        copy.copy(model(api_key=again)).generate("hi")
    assert leaks(caught.value) == []


class Stamp(msgspec.Struct, frozen=True):
    """Credentials with a misleading `repr`."""

    key: str

    def __repr__(self) -> str:
        return "Stamp"

    @property
    def secrets(self) -> Sequence[str]:
        return (self.key,)

    def sign(self, head: RequestHead, body: bytes) -> Sequence[tuple[str, str]]:
        if body.find(b"defect") >= 0:
            signature = f"Bearer {self.key}"
            raise LookupError(str(len(signature)))
        return (("authorization", f"Bearer {self.key}"),)


class Stamps:
    """A source of credentials that can fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self._fails = fails

    def ready(self) -> Stamp | None:
        return None

    def fetch(self, rejected: Stamp | None = None) -> Stamp:
        token = KEY
        if self._fails:
            raise LookupError(str(len(token)))
        return Stamp(token)


@forms
@pytest.mark.parametrize("fault", ["refused", "no head", "a rejected key", "fetch", "sign"])
def test_no_frame_shows_the_signer(
    server: Any, metadata: Any, codec: Any, options: Any, form: str, fault: str
) -> None:
    server.handler, given = FAULTS.get(fault, (wait, {}))
    stamps = Stamps(fails=fault == "fetch")
    acme = HttpChatModel(metadata, "large", codec, options(**given), signers=stamps)
    prompt = "defect" if fault == "sign" else "hi"

    def ask() -> object:
        return acme.generate(prompt) if form == "generate" else acme.stream(prompt).collect()

    async def aask() -> object:
        if form == "agenerate":
            return await acme.agenerate(prompt)
        return await acme.astream(prompt).collect()

    with pytest.raises(ChatModelError) as caught:
        anyio.run(aask) if form.startswith("a") else ask()
    assert leaks(caught.value) == []


def test_no_frame_shows_the_key_when_a_transport_has_a_defect(
    model: Callable[..., HttpChatModel],
) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        authorization = request.headers["authorization"]
        raise KeyError(len(authorization))

    with httpx.Client(transport=httpx.MockTransport(handle)) as client:
        acme = model(http_client=client, api_key=Secret(KEY))
        with pytest.raises(InternalError) as caught:
            acme.generate("hi")
    assert leaks(caught.value) == []
    assert handle.__code__ not in {
        frame.f_code
        for found in errors(caught.value, set())
        for frame in frames(found.__traceback__)
        if "authorization" in frame.f_locals
    }


def test_causes_and_members_of_groups_are_forgotten_once() -> None:
    def failed(key: str) -> LookupError:
        try:
            raise LookupError(len(key))
        except LookupError as error:
            return error

    first, second = failed(KEY), failed(KEY)
    group = ExceptionGroup("several", [first, second])
    first.__cause__ = second
    second.__cause__ = group
    forget_locals(group)
    for error in (first, second):
        assert [dict(frame.f_locals) for frame in frames(error.__traceback__)] == [{}]
