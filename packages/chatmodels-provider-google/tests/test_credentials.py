"""Access tokens: renewed in time, once for all who wait, and without blocking an event loop."""

import copy
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModel,
    ConfigurationError,
    InvalidRequestError,
    create_chat_model,
)
from chatmodels.providers.google._credentials import AccessToken, Credentials, VertexTokens
from chatmodels.testing import SimulatedResponse, Simulator

Make = Callable[..., ChatModel]

REFUSAL = SimulatedResponse(
    status=401,
    headers={"content-type": "application/json"},
    body=(b'{"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}',),
)


class FakeCredentials:
    """Credentials with a token that expires when a test sets it.

    Attributes:
        refreshed: The names of the threads that renewed it.
        hold: A renewal waits for it.
        started: Set when one begins.
    """

    def __init__(self, *, token: str | None = None, held: bool = False) -> None:
        self.token = token
        self.valid = token is not None
        self.refreshed: list[str] = []
        self.started = threading.Event()
        self.hold = threading.Event()
        if not held:
            self.hold.set()

    def refresh(self, request: Any, /) -> None:
        assert request == "a request"
        self.started.set()
        assert self.hold.wait(300)
        self.refreshed.append(threading.current_thread().name)
        self.token = f"ya29.{len(self.refreshed)}"
        self.valid = True


@pytest.fixture(autouse=True)
def google_auth(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Stand in for google-auth, which need not be installed."""
    auth: Any = ModuleType("google.auth")
    requests: Any = ModuleType("google.auth.transport.requests")
    requests.Request = lambda: "a request"
    monkeypatch.setitem(sys.modules, "google.auth", auth)
    monkeypatch.setitem(sys.modules, "google.auth.transport.requests", requests)
    return auth


def test_fakes_are_like_credentials() -> None:
    assert isinstance(FakeCredentials(), Credentials)


@pytest.fixture
def make(simulator: Simulator) -> Make:
    def make(credentials: Credentials | None = None) -> ChatModel:
        given = {} if credentials is None else {"credentials": credentials}
        spec = "google-vertex:gemini-3.8-flash"
        return create_chat_model(spec, project="p-1", base_url=simulator.url, **given)

    return make


def sent(simulator: Simulator) -> list[str]:
    return [exchange.request.headers["authorization"] for exchange in simulator.exchanges]


async def test_a_valid_token_is_sent_without_a_renewal(simulator: Simulator, make: Make) -> None:
    credentials = FakeCredentials(token="ya29.old")
    model = make(credentials)
    model.generate("?")
    await model.agenerate("?")
    assert sent(simulator) == ["Bearer ya29.old"] * 2
    assert not credentials.refreshed


async def test_a_token_is_renewed_when_it_runs_out(simulator: Simulator, make: Make) -> None:
    credentials = FakeCredentials()
    model = make(credentials)
    model.generate("?")
    model.generate("?")
    credentials.valid = False
    await model.agenerate("?")
    assert sent(simulator) == ["Bearer ya29.1", "Bearer ya29.1", "Bearer ya29.2"]


async def test_a_token_that_is_refused_before_its_time_is_renewed_at_once(
    simulator: Simulator, make: Make
) -> None:
    model = make(FakeCredentials(token="ya29.revoked"))
    simulator.queue(REFUSAL)
    assert model.generate("?").text
    simulator.queue(REFUSAL)
    assert (await model.agenerate("?")).text
    assert sent(simulator) == [f"Bearer ya29.{which}" for which in ("revoked", "1", "1", "2")]


def test_a_second_refusal_does_not_mention_keys(simulator: Simulator, make: Make) -> None:
    simulator.queue(REFUSAL, REFUSAL)
    with pytest.raises(AuthenticationError) as caught:
        make(FakeCredentials()).generate("?")
    message = str(caught.value)
    assert message.startswith('google-vertex: 401 authentication failed: "no"')
    assert "key" not in message.lower()
    assert sent(simulator) == ["Bearer ya29.1", "Bearer ya29.2"]


def test_an_unchanged_token_is_refused_once(simulator: Simulator, make: Make) -> None:
    class Kept(FakeCredentials):
        def refresh(self, request: Any, /) -> None:
            self.refreshed.append("kept")

    credentials = Kept(token="ya29.kept")
    simulator.queue(REFUSAL, REFUSAL)
    with pytest.raises(AuthenticationError, match="401"):
        make(credentials).generate("?")
    assert (sent(simulator), credentials.refreshed) == (["Bearer ya29.kept"], ["kept"])


def test_a_token_that_is_renewed_while_it_is_looked_at_is_the_new_one() -> None:
    class Renewed(FakeCredentials):
        @property
        def valid(self) -> bool:
            self.token = "ya29.new"
            return True

        @valid.setter
        def valid(self, value: bool) -> None:
            self.token = "ya29.old"

    assert VertexTokens(Renewed()).ready() == AccessToken("ya29.new")


@pytest.mark.parametrize("rejected", [None, AccessToken("ya29.old")], ids=["expired", "refused"])
def test_threads_wait_while_one_of_them_renews(rejected: AccessToken | None) -> None:
    credentials = FakeCredentials(token=rejected and rejected.token, held=True)
    tokens = VertexTokens(credentials)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(tokens.fetch, rejected) for _ in range(8)]
        assert credentials.started.wait(300)
        credentials.hold.set()
        assert {future.result() for future in calls} == {AccessToken("ya29.1")}
    assert len(credentials.refreshed) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_tasks_wait_without_blocking_their_loop(
    simulator: Simulator, make: Make, anyio_backend: str
) -> None:
    credentials = FakeCredentials(held=True)
    model = make(credentials)
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(model.agenerate, "?")
        while not credentials.started.is_set():
            await anyio.lowlevel.checkpoint()  # which would not come back from a blocked loop
        credentials.hold.set()
    assert sent(simulator) == ["Bearer ya29.1"] * 8
    assert len(credentials.refreshed) == 1
    assert credentials.refreshed != [threading.current_thread().name]


def test_models_with_the_same_credentials_renew_them_once(simulator: Simulator, make: Make) -> None:
    credentials = FakeCredentials(token="ya29.revoked")
    one, other = make(credentials), make(credentials)
    simulator.queue(REFUSAL)
    one.generate("?")
    other.generate("?")
    assert sent(simulator) == ["Bearer ya29.revoked", "Bearer ya29.1", "Bearer ya29.1"]
    tokens = VertexTokens(credentials)
    assert tokens.fetch(AccessToken("ya29.revoked")) == AccessToken("ya29.1")
    assert len(credentials.refreshed) == 1


def test_default_credentials_are_looked_for_once(
    google_auth: Any, simulator: Simulator, make: Make
) -> None:
    credentials, calls = FakeCredentials(), list[Any]()

    def default(*, scopes: Any) -> tuple[Any, str]:
        calls.append(scopes)
        return credentials, "p-of-the-credentials"

    google_auth.default = default
    model = make()
    model.generate("?")
    credentials.valid = False
    model.generate("?")
    assert sent(simulator) == ["Bearer ya29.1", "Bearer ya29.2"]
    assert calls == [("https://www.googleapis.com/auth/cloud-platform",)]


def test_missing_default_credentials_are_reported_with_a_remedy(
    google_auth: Any, make: Make
) -> None:
    def default(*, scopes: Any) -> tuple[Any, str]:
        raise RuntimeError("nothing found")

    google_auth.default = default
    with pytest.raises(AuthenticationError, match="gcloud auth application-default login"):
        make().generate("?")


def test_a_failed_renewal_is_reported_without_the_original_message(make: Make) -> None:
    class Revoked(FakeCredentials):
        def refresh(self, request: Any, /) -> None:
            raise RuntimeError("invalid_grant: the-refresh-token")

    with pytest.raises(AuthenticationError, match="RuntimeError") as caught:
        make(Revoked()).generate("?")
    assert "the-refresh-token" not in str(caught.value)


def test_credentials_without_a_token_are_reported(make: Make) -> None:
    class Empty(FakeCredentials):
        def refresh(self, request: Any, /) -> None:
            self.valid = True

    with pytest.raises(AuthenticationError, match="pass other credentials"):
        make(Empty()).generate("?")


@pytest.mark.parametrize("given", [None, FakeCredentials()], ids=["default", "passed"])
def test_without_google_auth_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, make: Make, given: FakeCredentials | None
) -> None:
    for name in ("google.auth", "google.auth.transport.requests"):
        monkeypatch.setitem(sys.modules, name, None)  # pyright: ignore[reportArgumentType] - means missing
    with pytest.raises(
        ConfigurationError, match=r"pip install 'chatmodels-provider-google\[vertex"
    ):
        make(given).generate("?")


def test_tokens_are_not_shown(simulator: Simulator, make: Make) -> None:
    model = make(FakeCredentials())
    echo = b'{"error": {"code": 400, "message": "what is ya29.1?", "status": "INVALID_ARGUMENT"}}'
    simulator.queue(
        SimulatedResponse(status=400, headers={"content-type": "application/json"}, body=(echo,))
    )
    with pytest.raises(InvalidRequestError) as caught:
        model.generate("?")
    assert caught.value.details["provider_message"] == "what is ***?"
    shown = f"{model!r} {vars(model)!r} {model.explain('?')!r} {AccessToken('ya29.1')!r}"
    assert "ya29" not in shown
    assert model.explain("?").headers["authorization"] == "***"


def test_copies_share_the_credentials(simulator: Simulator, make: Make) -> None:
    model = make(FakeCredentials())
    for one in (model, copy.copy(model), copy.deepcopy(model)):
        one.generate("?")
    assert sent(simulator) == ["Bearer ya29.1"] * 3


def test_default_credentials_are_found_again_after_pickling(
    google_auth: Any, simulator: Simulator, make: Make
) -> None:
    found = [FakeCredentials(token="ya29.here"), FakeCredentials(token="ya29.there")]
    google_auth.default = lambda **_: (found.pop(0), None)
    model = make()
    model.generate("?")
    data = pickle.dumps(model)
    assert b"ya29" not in data
    pickle.loads(data).generate("?")
    assert sent(simulator) == ["Bearer ya29.here", "Bearer ya29.there"]


def test_passed_credentials_are_not_pickled(make: Make) -> None:
    data = pickle.dumps(make(FakeCredentials(token="ya29.secret")))
    assert b"ya29" not in data
    again = pickle.loads(pickle.dumps(pickle.loads(data)))
    with pytest.raises(AuthenticationError, match="pickles do not contain them"):
        again.generate("?")


def test_a_token_function_is_not_pickled(make: Make) -> None:
    function: Any = lambda: "ya29.secret"  # noqa: E731 - such as no pickle could carry
    again = pickle.loads(pickle.dumps(make(function)))
    with pytest.raises(AuthenticationError, match="pickles do not contain secrets"):
        again.generate("?")


def test_invalid_credentials_are_refused(make: Make) -> None:
    odd: Any = SimpleNamespace(token="ya29")
    with pytest.raises(ConfigurationError, match="not SimpleNamespace"):
        make(odd)
