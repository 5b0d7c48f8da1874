"""Access tokens: renewed in time, once for all who wait, and without blocking an event loop."""

import copy
import gc
import pickle
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

import anyio
import pytest

from chatmodels.core import AuthenticationError, ConfigurationError, Secret, create_chat_model
from chatmodels.providers.google._credentials import (
    Credentials,
    CredentialsSecret,
    secret_of,
)
from chatmodels.testing import Answer, Simulator

REFUSAL = Answer(
    status=401,
    headers={"content-type": "application/json"},
    body=(b'{"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}',),
)


class FakeCredentials:
    """Credentials whose token runs out when a test says so.

    Attributes:
        refreshed: The names of the threads that renewed it.
        hold: A renewal waits for it.
        started: Set when one begins.
    """

    def __init__(self, *, held: bool = False) -> None:
        self.token: str | None = None
        self.valid = False
        self.refreshed: list[str] = []
        self.started = threading.Event()
        self.hold = threading.Event()
        if not held:
            self.hold.set()

    def refresh(self, request: Any, /) -> None:
        assert request == "a request"
        self.started.set()
        assert self.hold.wait(10)
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


def test_a_valid_token_is_not_renewed() -> None:
    credentials = FakeCredentials()
    credentials.token, credentials.valid = "ya29.old", True
    assert CredentialsSecret(credentials).reveal() == "ya29.old"
    assert not credentials.refreshed


def test_a_token_is_renewed_when_it_runs_out() -> None:
    credentials = FakeCredentials()
    secret = CredentialsSecret(credentials)
    assert [secret.reveal(), secret.reveal()] == ["ya29.1", "ya29.1"]
    credentials.valid = False
    assert secret.reveal() == "ya29.2"
    assert not secret.static


def test_a_token_that_is_renewed_while_it_is_looked_at_is_the_new_one() -> None:
    class Renewed(FakeCredentials):
        @property
        def valid(self) -> bool:
            self.token = "ya29.new"
            return True

        @valid.setter
        def valid(self, value: bool) -> None:
            self.token = "ya29.old"

    assert CredentialsSecret(Renewed()).reveal() == "ya29.new"


def test_threads_wait_while_one_of_them_renews() -> None:
    credentials = FakeCredentials(held=True)
    secret = CredentialsSecret(credentials)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(secret.reveal) for _ in range(8)]
        assert credentials.started.wait(10)
        credentials.hold.set()
        assert {future.result() for future in asked} == {"ya29.1"}
    assert len(credentials.refreshed) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_tasks_wait_without_blocking_their_loop(anyio_backend: str) -> None:
    credentials = FakeCredentials(held=True)
    secret = CredentialsSecret(credentials)
    tokens: list[str] = []

    async def ask() -> None:
        tokens.append(await secret.areveal())

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(ask)
        while not credentials.started.is_set():
            await anyio.lowlevel.checkpoint()  # which would not come back from a blocked loop
        credentials.hold.set()
    assert tokens == ["ya29.1"] * 8
    assert len(credentials.refreshed) == 1
    assert credentials.refreshed != [threading.current_thread().name]


async def test_a_valid_token_is_given_without_a_thread() -> None:
    credentials = FakeCredentials()
    credentials.token, credentials.valid = "ya29.old", True
    assert await CredentialsSecret(credentials).areveal() == "ya29.old"


def test_default_credentials_are_looked_for_once(google_auth: Any) -> None:
    credentials, asked = FakeCredentials(), list[Any]()

    def default(*, scopes: Any) -> tuple[Any, str]:
        asked.append(scopes)
        return credentials, "p-of-the-credentials"

    google_auth.default = default
    secret = CredentialsSecret(None)
    assert [secret.reveal(), secret.reveal()] == ["ya29.1", "ya29.1"]
    assert asked == [("https://www.googleapis.com/auth/cloud-platform",)]


def test_missing_default_credentials_are_told_with_the_remedy(google_auth: Any) -> None:
    def default(*, scopes: Any) -> tuple[Any, str]:
        raise RuntimeError("nothing found")

    google_auth.default = default
    with pytest.raises(AuthenticationError, match="gcloud auth application-default login"):
        CredentialsSecret(None).reveal()


def test_a_renewal_that_fails_is_told_without_its_words() -> None:
    class Revoked(FakeCredentials):
        def refresh(self, request: Any, /) -> None:
            raise RuntimeError("invalid_grant: the-refresh-token")

    with pytest.raises(AuthenticationError, match="RuntimeError") as caught:
        CredentialsSecret(Revoked()).reveal()
    assert "the-refresh-token" not in str(caught.value)


def test_credentials_without_a_token_are_told() -> None:
    class Empty(FakeCredentials):
        def refresh(self, request: Any, /) -> None:
            self.valid = True

    with pytest.raises(AuthenticationError, match="pass others"):
        CredentialsSecret(Empty()).reveal()


@pytest.mark.parametrize("given", [None, FakeCredentials()], ids=["default", "passed"])
def test_without_google_auth_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, given: FakeCredentials | None
) -> None:
    for name in ("google.auth", "google.auth.transport.requests"):
        monkeypatch.setitem(sys.modules, name, None)  # pyright: ignore[reportArgumentType] - means missing
    with pytest.raises(
        ConfigurationError, match=r"pip install 'chatmodels-provider-google\[vertex"
    ):
        CredentialsSecret(given).reveal()


def test_it_shows_nothing_and_copies_to_itself() -> None:
    credentials = FakeCredentials()
    secret = CredentialsSecret(credentials)
    secret.reveal()
    assert "ya29" not in f"{secret!r} {secret}"
    assert copy.deepcopy(secret) is secret
    assert secret == secret
    assert secret != CredentialsSecret(credentials)
    assert len({secret, secret}) == 1


def test_models_with_the_same_credentials_have_one_secret() -> None:
    one, other = FakeCredentials(), FakeCredentials()
    secret = secret_of(one)
    assert secret_of(one) is secret
    assert secret_of(other) is not secret
    default = secret_of(None)
    assert secret_of(None) is default
    assert pickle.loads(pickle.dumps(default)) is default


def test_a_secret_that_no_model_has_is_forgotten() -> None:
    credentials = FakeCredentials()
    known = weakref.ref(secret_of(credentials))
    gc.collect()
    assert known() is None


def test_default_credentials_are_found_again_after_pickling(google_auth: Any) -> None:
    again = pickle.loads(pickle.dumps(CredentialsSecret(None)))
    google_auth.default = lambda **_: (FakeCredentials(), None)
    assert again.reveal() == "ya29.1"


def test_passed_credentials_stay_behind_when_pickled() -> None:
    again = pickle.loads(pickle.dumps(CredentialsSecret(FakeCredentials())))
    assert isinstance(again, Secret)
    with pytest.raises(AuthenticationError, match="does not travel in a pickle"):
        again.reveal()


async def test_models_send_tokens_and_renew_them_when_they_run_out(simulator: Simulator) -> None:
    credentials = FakeCredentials()
    model = create_chat_model(
        "google-vertex:gemini-3.8-flash",
        project="p-1",
        credentials=credentials,
        base_url=simulator.url,
    )
    model.generate("?")
    credentials.valid = False
    await model.agenerate("?")
    sent = [exchange.request.headers["authorization"] for exchange in simulator.exchanges]
    assert sent == ["Bearer ya29.1", "Bearer ya29.2"]


async def test_a_token_that_is_refused_before_its_time_is_renewed_at_once(
    simulator: Simulator,
) -> None:
    credentials = FakeCredentials()
    credentials.token, credentials.valid = "ya29.revoked", True
    model = create_chat_model(
        "google-vertex:gemini-3.8-flash",
        project="p-1",
        credentials=credentials,
        base_url=simulator.url,
    )
    simulator.queue(REFUSAL)
    assert model.generate("?").text
    simulator.queue(REFUSAL)
    assert (await model.agenerate("?")).text
    sent = [exchange.request.headers["authorization"] for exchange in simulator.exchanges]
    assert sent == [f"Bearer ya29.{which}" for which in ("revoked", "1", "1", "2")]


def test_objects_that_are_no_credentials_are_refused() -> None:
    odd: Any = SimpleNamespace(token="ya29")
    with pytest.raises(ConfigurationError, match="not SimpleNamespace"):
        create_chat_model("google-vertex:m", project="p-1", credentials=odd)
