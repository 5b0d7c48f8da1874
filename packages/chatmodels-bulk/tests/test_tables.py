"""The rows of Arrow tables, as Ray Data passes them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

from chatmodels.bulk import AnswerRows, Limits, RunStoppedError
from chatmodels.core import ErrorCode, InvalidRequestError, image, system, user
from chatmodels.providers.mock import MockChatModel


@dataclass
class Ticket:
    kind: str


def answer(rows: AnswerRows, *tables: Any) -> list[dict[str, Any]]:
    async def one(table: Any) -> list[Any]:
        return [found async for found in rows(table)]

    async def every() -> list[list[Any]]:
        return await asyncio.gather(*map(one, tables))

    return [row for found in asyncio.run(every()) for table in found for row in table.to_pylist()]


def test_columns_are_added_to_a_table_in_its_order() -> None:
    table = pa.table({"id": ["a", "b", "c"], "text": ["one", "two", None]})
    model = MockChatModel("m", on_exhausted="echo", rules={"two": ErrorCode.CONTENT_FILTERED})
    first, second, third = answer(AnswerRows(model, prompt="Classify: {text}"), table)

    assert (first["text"], first["answer_text"]) == ("one", "Classify: one")
    assert first["answer_output_tokens"] == 2
    assert first["answer_error_code"] is None
    assert (second["answer_text"], second["answer_error_code"]) == (None, "content_filtered")
    assert second["answer_attempts"] == 1
    assert third["answer_text"] == "Classify: "


def test_tables_at_the_same_time_share_the_limit_of_a_worker() -> None:
    tables = [pa.table({"prompt": [f"{n}", "x"]}) for n in range(4)]
    rows = AnswerRows(
        "mock:m", limits=Limits(in_flight=1), model_options={"on_exhausted": "echo"}, prefix="a_"
    )

    found = answer(rows, *tables)
    assert [row["a_text"] for row in found] == ["0", "x", "1", "x", "2", "x", "3", "x"]


def test_an_output_is_json() -> None:
    model = MockChatModel("m", responses=[{"kind": "bug"}])
    (row,) = answer(AnswerRows(model, output_type=Ticket), pa.table({"prompt": ["?"]}))
    assert json.loads(row["answer_output"]) == {"kind": "bug"}


def test_a_row_without_a_prompt_fails_alone() -> None:
    table = pa.table({"prompt": [None, "yes"]})
    first, second = answer(AnswerRows(MockChatModel("m", on_exhausted="echo")), table)
    assert first["answer_error_code"] == "invalid_request"
    assert second["answer_text"] == "yes"


def test_a_run_that_cannot_go_on_stops() -> None:
    model = MockChatModel("m", rules={"": ErrorCode.AUTHENTICATION})
    with pytest.raises(RunStoppedError, match=r"every further row would fail: .*; run it again$"):
        answer(AnswerRows(model), pa.table({"prompt": ["?"]}))


def test_columns_are_not_replaced() -> None:
    table = pa.table({"prompt": ["?"], "answer_text": ["!"]})
    with pytest.raises(InvalidRequestError, match="answer_text; pass prefix="):
        answer(AnswerRows(MockChatModel("m", on_exhausted="echo")), table)


def test_a_worker_stops_at_its_limit_of_errors() -> None:
    model = MockChatModel("m", rules={"": ErrorCode.CONTENT_FILTERED})
    rows = AnswerRows(model, limits=Limits(in_flight=1, errors=2))
    with pytest.raises(RunStoppedError, match=r"2 of 2 rows have failed .* and run it again$"):
        answer(rows, pa.table({"prompt": ["a", "b", "c"]}))


TWICE = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])


@pytest.mark.parametrize(
    ("prompt", "table", "message"),
    [
        ("{txet}", pa.table({"text": ["a"]}), "does not have: txet; it has the columns 'text'"),
        (
            [system("In {language}"), user("{text}", image("https://example.com/a.png"))],
            pa.table({"text": ["a"]}),
            "does not have: language; it has the columns 'text'",
        ),
        (None, pa.table({"text": ["a"]}), "no column \"prompt\" and no .* 'text'; pass prompt="),
        (None, pa.table({}), r"the columns \(none\)"),
        ("{text}", TWICE, "several columns of the same name: text; rename them"),
        ("{text}", {"text": ["a"]}, "of type dict, not pyarrow.Table; pass batch_format='pyarrow'"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_before_anything_is_asked(
    prompt: Any, table: Any, message: str
) -> None:
    model = MockChatModel("m", on_exhausted="echo")
    with pytest.raises(InvalidRequestError, match=message):
        answer(AnswerRows(model, prompt=prompt), table)
    assert model.calls == ()


def test_a_function_can_use_any_column() -> None:
    model = MockChatModel("m", on_exhausted="echo")
    table = pa.table({"id": [None, "b"], "text": ["one", "two"]})
    first, second = answer(AnswerRows(model, prompt=lambda row: row["text"]), table)
    assert (first["answer_text"], second["answer_text"]) == ("one", "two")


def test_a_malformed_template_is_refused_by_the_worker() -> None:
    with pytest.raises(InvalidRequestError, match="is malformed"):
        AnswerRows(MockChatModel("m"), prompt="{")
