import copy
import json
import pickle
import threading

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import AuthenticationError, ChatModelError, ConfigurationError, ErrorCode
from chatmodels.core._values.secret import Secret

VALUE = "sk-very-secret"


async def aplain() -> str:
    return VALUE


async def afailing() -> str:
    raise RuntimeError(VALUE)


async def aempty() -> str:
    return ""


@given(st.text(min_size=12))
def test_a_secret_is_not_in_any_text_form(value: str) -> None:
    secret = Secret(value)
    for text in (str(secret), repr(secret), f"{secret}", f"{secret!r:>50}", f"{secret:^9}"):
        assert value not in text
    assert secret.reveal() == value


def test_the_mask_obeys_the_format() -> None:
    assert f"{Secret(VALUE):>5}" == "  ***"


def test_a_secret_has_the_variable_that_it_came_from() -> None:
    secret = Secret(VALUE, origin="SOME_KEY")
    assert repr(secret) == "Secret(from SOME_KEY)"
    assert secret.origin == "SOME_KEY"


def test_a_secret_cannot_be_written_as_json() -> None:
    for encode in (json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError):
            encode({"key": Secret(VALUE)})


async def test_a_static_secret_is_revealed_sync_and_async() -> None:
    secret = Secret(VALUE)
    assert secret.static
    assert (secret.reveal(), await secret.areveal()) == (VALUE, VALUE)


async def test_a_function_is_called_every_time() -> None:
    values = iter("abc")
    secret = Secret(lambda: next(values))
    assert not secret.static
    assert [secret.reveal(), await secret.areveal(), secret.reveal()] == ["a", "b", "c"]


async def test_an_async_function_is_awaited() -> None:
    assert await Secret(aplain).areveal() == VALUE


def test_an_async_function_is_refused_in_a_sync_call() -> None:
    with pytest.raises(AuthenticationError, match="agenerate") as caught:
        Secret(aplain).reveal()
    assert caught.value.code is ErrorCode.AUTHENTICATION


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param(lambda: "", "returned an empty str", id="empty"),
        pytest.param(lambda: 7, "object of type int", id="no text"),
        pytest.param(lambda: f"{VALUE}\n", "strip line ends", id="line end"),
        pytest.param(lambda: f"{VALUE} x", "with white space", id="space"),
        pytest.param(lambda: f"{VALUE}\u00e9", "non-ASCII letters", id="beyond ASCII"),
    ],
)
def test_a_function_must_return_a_valid_str(source, words: str) -> None:
    with pytest.raises(AuthenticationError, match=words) as caught:
        Secret(source).reveal()
    assert VALUE not in str(caught.value)


async def test_an_async_function_must_return_a_valid_str() -> None:
    with pytest.raises(AuthenticationError, match="an empty str"):
        await Secret(aempty).areveal()


async def test_a_failing_function_is_reported_without_its_message() -> None:
    def failing() -> str:
        raise RuntimeError(VALUE)

    with pytest.raises(AuthenticationError, match="failed with RuntimeError") as blocking:
        Secret(failing).reveal()
    with pytest.raises(AuthenticationError, match="failed with RuntimeError") as awaited:
        await Secret(afailing).areveal()
    for caught in (blocking, awaited):
        assert VALUE not in str(caught.value)
        assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_error_of_ours_passes_through_a_function() -> None:
    def failing() -> str:
        raise ConfigurationError("no vault")

    with pytest.raises(ConfigurationError, match="no vault"):
        Secret(failing).reveal()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param("", "must not be empty", id="empty"),
        pytest.param(None, "not an object of type NoneType", id="none"),
        pytest.param(b"bytes", "not an object of type bytes", id="bytes"),
    ],
)
def test_a_secret_is_a_text_or_a_function(source, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Secret(source)


def test_secrets_are_equal_when_their_values_or_functions_are() -> None:
    source = VALUE.strip
    assert Secret(VALUE) == Secret(VALUE, origin="KEY")
    assert hash(Secret(VALUE)) == hash(Secret(VALUE))
    assert Secret(source) == Secret(source)
    assert hash(Secret(source)) == hash(Secret(source))
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert Secret(source) != Secret(VALUE)
    masked = pickle.loads(pickle.dumps(Secret(VALUE)))
    assert masked == masked
    assert masked != pickle.loads(pickle.dumps(Secret(VALUE)))


def test_copies_are_the_same_object() -> None:
    secret = Secret(VALUE)
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"key": secret})["key"] is secret


def test_a_pickle_does_not_contain_the_value() -> None:
    for secret in (Secret(VALUE), Secret(VALUE, origin="SOME_KEY")):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            assert VALUE.encode() not in pickle.dumps(secret, protocol)


async def test_a_pickled_secret_is_read_from_the_environment_again(monkeypatch) -> None:
    pickled = pickle.dumps(Secret(VALUE, origin="SOME_KEY"))
    unpickled = pickle.loads(pickled)
    monkeypatch.setenv("SOME_KEY", "the-new-one")
    assert unpickled.static
    assert (unpickled.reveal(), await unpickled.areveal()) == ("the-new-one", "the-new-one")
    assert await pickle.loads(pickled).areveal() == "the-new-one"
    assert unpickled == Secret("the-new-one")


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        pytest.param(Secret(VALUE), "pickles do not contain secrets", id="argument"),
        pytest.param(Secret(aplain), "pickles do not contain secrets", id="function"),
        pytest.param(Secret(VALUE, origin="SOME_KEY"), "SOME_KEY, which is not set", id="variable"),
    ],
)
async def test_the_use_of_a_missing_secret_is_an_error_with_a_remedy(
    secret: Secret, words: str, monkeypatch
) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    unpickled = pickle.loads(pickle.dumps(secret))
    assert VALUE not in repr(unpickled)
    with pytest.raises(AuthenticationError, match=words):
        unpickled.reveal()
    with pytest.raises(ChatModelError, match=words):
        await unpickled.areveal()


async def test_an_invalid_header_value_is_refused_after_unpickling_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = pickle.loads(pickle.dumps(Secret(VALUE, origin="SOME_KEY")))
    monkeypatch.setenv("SOME_KEY", f"{VALUE}\r\nx-admin: yes")
    for _ in range(2):
        with pytest.raises(AuthenticationError, match="in SOME_KEY has white space") as caught:
            secret.reveal()
        with pytest.raises(AuthenticationError, match="in SOME_KEY has white space"):
            await secret.areveal()
        assert VALUE not in str(caught.value)


async def test_a_sync_function_does_not_block_the_event_loop() -> None:
    loop = threading.get_ident()
    seen: list[int] = []

    def fetch() -> str:
        seen.append(threading.get_ident())
        return VALUE

    assert await Secret(fetch).areveal() == VALUE
    assert len(seen) == 1
    assert loop not in seen
