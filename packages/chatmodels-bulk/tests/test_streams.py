"""Results without files: sync and async, to the end and left early."""

from collections.abc import Iterator
from contextlib import aclosing
from threading import enumerate as threads

import pytest

from chatmodels.bulk import Limits, RunStoppedError, astream, stream
from chatmodels.core import ErrorCode, InvalidRequestError
from chatmodels.providers.mock import MockChatModel

ROWS = [{"id": f"r{n}", "text": str(n)} for n in range(30)]


def echo() -> MockChatModel:
    return MockChatModel("m", on_exhausted="echo")


def names() -> set[str]:
    return {thread.name for thread in threads()}


@pytest.mark.anyio
async def test_every_row_has_one_result_in_async_code() -> None:
    found = {result.row.id: result.text async for result in astream(echo(), ROWS, prompt="{text}")}
    assert found == {f"r{n}": str(n) for n in range(30)}


def test_every_row_has_one_result_in_sync_code() -> None:
    results = stream(echo(), ROWS, prompt="{text}", limits=Limits(in_flight=4))

    assert {result.row.id: result.text for result in results} == {
        f"r{n}": str(n) for n in range(30)
    }
    assert list(results) == []
    assert "chatmodels-bulk" not in names()


def test_rows_are_read_when_there_is_room() -> None:
    read: list[int] = []

    def rows() -> Iterator[str]:
        for number in range(1000):  # pragma: no branch - it is left early
            read.append(number)
            yield str(number)

    with stream(echo(), rows(), limits=Limits(in_flight=3)) as results:
        assert next(results).text is not None
        results.close()
        assert list(results) == []

    # Three results wait for their reader, three calls are under way, and one was read.
    assert len(read) <= 8
    assert "chatmodels-bulk" not in names()


@pytest.mark.anyio
async def test_leaving_the_loop_early_ends_the_calls() -> None:
    async with aclosing(astream(echo(), ROWS, prompt="{text}")) as results:
        async for result in results:
            assert result.parsed is None
            break


def test_a_failed_row_is_a_result_and_an_error_of_every_row_is_raised() -> None:
    failing = [ErrorCode.CONTENT_FILTERED, ErrorCode.AUTHENTICATION]
    model = MockChatModel("m", responses=failing)
    results = stream(model, ["a", "b"], limits=Limits(in_flight=1))

    first = next(results)
    assert (first.text, first.parsed, first.response) == (None, None, None)
    assert first.error is not None
    with pytest.raises(RunStoppedError):
        next(results)
    assert list(results) == []


def test_wrong_arguments_are_raised_at_the_first_result() -> None:
    with pytest.raises(InvalidRequestError, match="samples"):
        next(stream(echo(), ROWS, samples=0))
    with pytest.raises(InvalidRequestError, match="temperature"):
        next(stream(echo(), ROWS, temperature=9))
