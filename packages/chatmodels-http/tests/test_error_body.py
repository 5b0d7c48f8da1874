from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.http import ErrorBody, read_error_body
from chatmodels.http._errors.body import page_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "code", "status", "type", "loc", "msg"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('{"error": "no"}', ErrorBody("no"), id="a text"),
        pytest.param(
            '{"error": {"message": "no", "type": "t", "param": "p", "code": "c"}}',
            ErrorBody("no", "c", "t", "p"),
            id="OpenAI",
        ),
        pytest.param(
            '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}',
            ErrorBody("Overloaded", None, "overloaded_error"),
            id="Anthropic",
        ),
        pytest.param(
            '[{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}]',
            ErrorBody("no", "INVALID_ARGUMENT", status=400),
            id="Google, in a list",
        ),
        pytest.param(
            '{"code": "invalid-argument", "error": "no"}',
            ErrorBody("no", "invalid-argument"),
            id="xAI",
        ),
        pytest.param(
            '{"object": "error", "message": "no", "type": "t", "code": "3051"}',
            ErrorBody("no", None, "t"),
            id="flat",
        ),
        pytest.param('{"error": {"code": "502"}}', ErrorBody(status=502), id="a status as text"),
        pytest.param(f'{{"error": {{"code": "{"4" * 5000}"}}}}', ErrorBody(), id="too many digits"),
        pytest.param('{"error": {"code": 7}}', ErrorBody(), id="a number that is no status"),
        pytest.param('{"detail": "no"}', ErrorBody("no"), id="detail"),
        pytest.param(
            '{"detail": [{"loc": ["body", "model"], "msg": "required"}, {"loc": [], "msg": "x"}]}',
            ErrorBody("body.model: required; x"),
            id="validation errors",
        ),
        pytest.param(
            '{"message": {"detail": [{"msg": "required"}]}}', ErrorBody("required"), id="nested"
        ),
        pytest.param('{"error": ["first", "second"]}', ErrorBody("first"), id="a list of texts"),
        pytest.param('{"errors": [{"message": "a"}, "b", {"c": 1}]}', ErrorBody('a; b; {"c":1}')),
        pytest.param(
            '{"errors": [{"code": "c", "message": "no"}]}', ErrorBody("no", "c"), id="a list's code"
        ),
        pytest.param(
            '{"errors": [{"error": {"code": "c", "message": "no"}}]}',
            ErrorBody("no", "c"),
            id="a list of errors in envelopes",
        ),
        pytest.param('{"errors": []}', ErrorBody(), id="an empty list of flat errors"),
        pytest.param(
            '{"errorCode": "c", "errorMessage": "no"}', ErrorBody("no", "c"), id="camel case"
        ),
        pytest.param('{"errorCode": 401}', ErrorBody(status=401), id="a status in camel case"),
        pytest.param(
            '{"error": {"type": "t", "details": {"error_code": "c"}}}',
            ErrorBody("", "c", "t"),
            id="a code in details",
        ),
        pytest.param(
            '{"error": {"code": null, "innererror": {"code": "c"}}}',
            ErrorBody("", "c"),
            id="a code in an inner error",
        ),
        pytest.param(
            '{"error": {"message": "m", "metadata": {"raw": "no", "provider_name": "P"}}}',
            ErrorBody("P: no"),
            id="a cause behind a gateway",
        ),
        pytest.param(
            '{"error": {"metadata": {"raw": {"error": {"message": "no", "code": "c"}}}}}',
            ErrorBody("no", "c"),
            id="a cause without a name",
        ),
        pytest.param(
            '{"error": {"message": "m", "metadata": {"raw": "{}", "provider_name": "P"}}}',
            ErrorBody("m"),
            id="a cause that says nothing",
        ),
        pytest.param(
            '{"error": {"message": "m", "metadata": {"reasons": []}}}',
            ErrorBody("m"),
            id="metadata without a cause",
        ),
        pytest.param('{"error": null, "message": "no"}', ErrorBody("no"), id="error is null"),
        pytest.param('{"error": []}', ErrorBody(), id="an empty list of errors"),
        pytest.param("[]", ErrorBody(), id="an empty list"),
        pytest.param('"no"', ErrorBody("no"), id="a JSON text"),
        pytest.param("null", ErrorBody(), id="null"),
        pytest.param("", ErrorBody(), id="empty"),
        pytest.param("upstream\nfailed", ErrorBody("upstream failed"), id="plain text"),
        pytest.param("\xff", ErrorBody("\ufffd"), id="not UTF-8"),
        pytest.param(
            "<!DOCTYPE html><html><head><title>502 Bad\nGateway</title></head></html>",
            ErrorBody("502 Bad", page=True),
            id="a page with a title",
        ),
        pytest.param(
            "\ufeff\n<html><style>b {}</style><!-- x --><body>\n<b>Busy &amp; down</b>",
            ErrorBody("Busy & down", page=True),
            id="a page without a title",
        ),
        pytest.param("<html></html>", ErrorBody(page=True), id="an empty page"),
        pytest.param(
            "<html><TITLE> </TITLE><SCRIPT>a < b</SCRIPT>\u0130 <p>Down</html>",
            ErrorBody("\u0130", page=True),
            id="a page with an empty title",
        ),
        pytest.param(
            "<html>Down<script>never ends", ErrorBody("Down", page=True), id="an open script"
        ),
        pytest.param("<html>Down<!-- a > b", ErrorBody("Down", page=True), id="an open comment"),
        pytest.param("<html>Down < up", ErrorBody("Down", page=True), id="an open tag"),
        pytest.param("<html>Down &gt; up", ErrorBody("Down > up", page=True), id="text at the end"),
        pytest.param(
            f"<html>Down &#{'9' * 5000};</html>",
            ErrorBody("Down &#" + "9" * 490 + "...", page=True),
            id="a character reference too long to read",
        ),
    ],
)
def test_the_shapes_of_errors_are_understood(body: str, expected: ErrorBody) -> None:
    raw = body.encode("latin-1") if body == "\xff" else body.encode()
    assert read_error_body(raw) == expected


@given(JSON)
def test_no_json_is_too_strange_to_be_read(body: object) -> None:
    import msgspec

    assert len(read_error_body(msgspec.json.encode(body)).message) <= 500


@given(st.binary(max_size=3000))
def test_no_bytes_are_too_strange_to_be_read(body: bytes) -> None:
    assert len(read_error_body(body).message) <= 500


@pytest.mark.parametrize("opening", ["[", '{"detail":', '{"error":'])
def test_no_body_is_nested_too_deep_to_be_read(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    for depth in (300, 500, 900, 100_000):
        body = (opening * depth + "1" + closing * depth).encode()
        assert len(read_error_body(body).message) <= 500


def test_a_rejected_key_that_is_repeated_with_stars_is_masked_wholly() -> None:
    body = b'{"error": "Incorrect API key provided: sk-proj-****wxyz. See \'ab***\', or ***."}'
    message = read_error_body(body).message
    assert message == "Incorrect API key provided: ***. See '***', or ***."


class CountingText(str):
    """A text that counts the characters that its searches scan."""

    __slots__ = ("lowered", "passed")
    lowered: "CountingText"
    passed: int

    def find(self, sub: str, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        found = super().find(sub, start)
        self.passed += (len(self) if found < 0 else found) - start
        return found

    def translate(self, table: Any) -> "CountingText":  # type: ignore[override]
        self.lowered = CountingText(super().translate(table))
        self.lowered.passed = 0
        return self.lowered


@pytest.mark.parametrize("part", ["<!--", "<", "<title", "<script>", "<style></style>", "<!---->"])
def test_a_page_is_searched_once_whatever_it_repeats(part: str) -> None:
    page = CountingText("<html>" + part * 2000)
    page.passed = 0
    page_text(page)
    assert page.passed + page.lowered.passed <= 3 * len(page)
