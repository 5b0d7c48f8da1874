"""The scrubber masks secrets, accounts, cookies and personal headers, and keeps all else."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from engines import EVENTS, JSON, Server, request, send
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.testing import Recorder, Recording, Scrubber, recordings
from chatmodels.testing._protocols import event_stream
from chatmodels.testing._recordings import RecordedFrame, RecordedRequest, RecordedResponse

KEY = "fake-key-of-a-vendor-0123456789"

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"  # gitleaks:allow


def scrubbed(
    scrub: Scrubber | None = None, response: dict[str, Any] | None = None, **sent: Any
) -> Recording:
    exchange = Recording(
        provider="any",
        api="openai.chat",
        request=RecordedRequest(**sent),
        response=RecordedResponse(**(response or {})),
    )
    return (scrub or Scrubber())(exchange)


def sent_of(exchange: Recording) -> RecordedRequest:
    assert exchange.request is not None
    return exchange.request


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "x-api-key", "api-key", "x-goog-api-key", "Cookie", "Set-Cookie"),
        *("X-Amz-Security-Token", "OpenAI-Organization", "openai-project", "x-goog-user-project"),
        *("Proxy-Authorization", "http-referer", "x-forwarded-for", "From", "cf-connecting-ip"),
    ],
)
def test_a_header_is_masked_in_requests_and_responses(name: str) -> None:
    exchange = scrubbed(headers={name: KEY}, response={"headers": {name: KEY}})

    assert sent_of(exchange).headers == {name: "***"}
    assert exchange.response.headers == {name: "***"}


@pytest.mark.parametrize(
    "name",
    [
        *("x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-reset", "retry-after"),
        *("anthropic-version", "content-type", "x-request-id", "idempotency-key", "accept"),
    ],
)
def test_other_headers_are_kept(name: str) -> None:
    headers = {name: "1234567890"}

    assert scrubbed(response={"headers": headers}).response.headers == headers


@pytest.mark.parametrize(
    "header",
    [
        {"authorization": f"Bearer {KEY}"},
        {"x-api-key": KEY},
        {"cookie": f"a=b; session={KEY}"},
        {"openai-organization": KEY},
    ],
)
@pytest.mark.parametrize(
    "echo",
    [
        {"body": {"error": {"message": f"Incorrect API key: {KEY}.", KEY: [KEY]}}},
        {"body_text": f"data: {KEY}\n\n"},
        {"body_base64": b"\xff" + KEY.encode()},
        {"headers": {"x-echo": f"({KEY})"}},
    ],
    ids=lambda echo: next(iter(echo)),
)
def test_a_secret_of_a_header_is_masked_everywhere(
    header: dict[str, str], echo: dict[str, Any]
) -> None:
    exchange = scrubbed(headers=header, body={"messages": [KEY]}, url=f"/{KEY}", response=echo)

    assert KEY not in repr(exchange)
    assert KEY.encode() not in exchange.content
    assert sent_of(exchange).body == {"messages": ["***"]}


SLASHED = "fake/key+of/a-vendor=0123456789"


@pytest.mark.parametrize(
    "echoed",
    [SLASHED, SLASHED.replace("/", "\\/"), SLASHED.replace("/", "\\\\/"), quote(SLASHED, safe="")],
    ids=["plain", "JSON", "JSON in JSON", "URL"],
)
def test_a_secret_is_recognized_in_its_escaped_forms(echoed: str) -> None:
    exchange = scrubbed(
        headers={"authorization": f"Bearer {SLASHED}"}, response={"body_text": f"data: {echoed}\n"}
    )

    assert exchange.content == b"data: ***\n"


JSON_WITH_KEYS = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.just(f"({KEY})"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just(KEY), inner),
)


@given(body=JSON_WITH_KEYS, answer=JSON_WITH_KEYS)
def test_a_secret_is_masked_in_any_json(body: Any, answer: Any) -> None:
    exchange = scrubbed(headers={"x-api-key": KEY}, body=body, response={"body": answer})

    assert KEY not in repr(exchange)


def test_short_values_are_masked_only_where_they_are_secrets() -> None:
    exchange = scrubbed(headers={"authorization": "Bearer test"}, body={"text": "a test"})

    assert sent_of(exchange).headers == {"authorization": "***"}
    assert sent_of(exchange).body == {"text": "a test"}


@pytest.mark.parametrize("name", ["key", "api_key", "X-Amz-Signature", "sig", "access_token"])
def test_a_parameter_of_the_url_is_masked(name: str) -> None:
    url = f"https://user:{KEY}@api.example/v1/models?page_token=a%2Fb&{name}=other%2F{KEY}"
    body = f"{url} and other/{KEY} and other%2F{KEY}"

    exchange = scrubbed(url=url, response={"body_text": body})

    expected = f"https://api.example/v1/models?page_token=a%2Fb&{name}=***"
    assert sent_of(exchange).url == expected
    assert KEY not in repr(exchange)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://acme.openai.azure.com/openai/v1", "https://***.openai.azure.com/openai/v1"),
        ("https://acme-eu.services.ai.azure.com/m", "https://***.services.ai.azure.com/m"),
        ("https://dbc-1.cloud.databricks.com/s", "https://***.cloud.databricks.com/s"),
        ("https://adb-1.2.azuredatabricks.net/s", "https://***.azuredatabricks.net/s"),
        ("https://ab12.eu.snowflakecomputing.com/", "https://***.eu.snowflakecomputing.com/"),
        ("https://a.example/client/accounts/0a1b/ai", "https://a.example/client/accounts/***/ai"),
        ("https://a.example/v1/projects/acme/x", "https://a.example/v1/projects/***/x"),
        (
            "https://a.example/model/arn%3Aaws%3Abedrock%3Aeu%3A123456789012%3Ax/converse",
            "https://a.example/model/arn%3Aaws%3Abedrock%3Aeu%3A***%3Ax/converse",
        ),
        ("https://api.openai.com/v1/responses", "https://api.openai.com/v1/responses"),
        ("", ""),
    ],
)
def test_accounts_in_urls_are_masked(url: str, expected: str) -> None:
    assert sent_of(scrubbed(url=url)).url == expected


@pytest.mark.parametrize(
    "secret",
    [
        *("sk-proj-abcdefghijklmn0p", "sk-ant-api03-abcdefghijklmnop", "gsk_abcdefghijklmn0p"),
        *("xai-abcdefghijklmn0p", "hf_abcdefghijklmn0p", "AIzaSyA-0123456789abcdefghijklmnopqrstu"),
        *("AKIAIOSFODNN7EXAMPLE", "ya29.a0AfH6SMBabcdefgh", "ABSKQmVkcm9ja0FQSUtleS1abcdef"),
        *("dapi0123456789abcdef0123456789abcdef", "github_pat_11ABCDEFG0123456789abcdef"),
        *("nvapi-abcdefghijklmn0p", "pplx-abcdefghijklmn0p", JWT, PEM, "org-abcdefgh12345678"),
        # the keys of Hugging Face have letters only
        *("hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", "proj_abcdefghijklmnopqrstuvwx"),
    ],
    ids=lambda secret: secret[:8],
)
def test_keys_are_recognized_by_their_form(secret: str) -> None:
    exchange = scrubbed(
        body={"note": f"It is {secret}."}, response={"body_text": f'data: "{secret}"\n\n'}
    )

    assert sent_of(exchange).body == {"note": "It is ***."}
    assert exchange.content == b'data: "***"\n\n'


def test_ids_of_accounts_in_texts_are_masked() -> None:
    text = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/x"

    (item,) = scrubbed(response={"body": [text]}).response.body

    assert item == "arn:aws:bedrock:eu-west-1:***:inference-profile/x"


@pytest.mark.parametrize(
    "text",
    [
        *("Explain basic chemistry", "A bearer certificate of 2024", "Basic 12345678"),
        *("Authorization: Bearer authentication", "authorization, basic knowledge"),
        *("from huggingface_hub import hf_hub_download", "the package sk-learn-pipelines"),
        *("fw_update_manager", "org_structure", "proj_deadline", "acct-receivable"),
    ],
)
def test_prose_and_names_are_kept(text: str) -> None:
    body = {"messages": [{"role": "user", "content": text}]}
    exchange = scrubbed(body=body, response={"body_text": f'data: "{text}"\n\n'})

    assert sent_of(exchange).body == body
    assert exchange.content.decode() == f'data: "{text}"\n\n'


@pytest.mark.parametrize(
    "body",
    [
        {"org_structure": 1, "proj_deadline": 2},
        {"org-abcdefgh12345678": 1, "org-abcdefgh87654321": 2},
        {"sk-proj-0123456789ab": "a", "sk-proj-abcdef012345": "b"},
    ],
)
def test_no_field_of_an_object_is_lost(body: dict[str, Any]) -> None:
    assert sent_of(scrubbed(body={"input": body})).body == {"input": body}


def test_prompts_about_basic_subjects_are_replayed_with_their_own_responses(
    tmp_path: Path,
) -> None:
    subjects = {subject: f'"{subject}"'.encode() for subject in ("chemistry", "mathematics")}
    with Recorder(tmp_path, "all") as recorder:
        for subject, content in subjects.items():
            send(recorder, request(f"Explain basic {subject}"), Server(content))

    with Recorder(tmp_path) as recorder:
        for subject, content in reversed(subjects.items()):
            assert send(recorder, request(f"Explain basic {subject}")) == [content]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdefgh12", "Authorization: Bearer ***"),
        ("-H 'authorization: basic dXNlcjpwYXNz'", "-H 'authorization: basic ***'"),
        ('["Authorization", "Bearer abcdefgh12"]', '["Authorization", "Bearer ***"]'),
        ('{\\"Authorization\\": \\"Bearer a b\\"}', '{\\"Authorization\\": \\"***\\"}'),
    ],
)
def test_tokens_after_authorization_are_masked_in_texts(text: str, expected: str) -> None:
    assert sent_of(scrubbed(body={"input": text})).body == {"input": expected}


def test_tokens_of_a_scheme_are_masked_in_any_header() -> None:
    exchange = scrubbed(headers={"x-forwarded-request": "Bearer abcdefghij; basic dXNlcjpwYXNz"})

    assert sent_of(exchange).headers == {"x-forwarded-request": "Bearer ***; basic ***"}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            "grant_type=refresh_token&client_secret=ab%2Bc&refresh_token=d&Client%5FSecret=e",
            "grant_type=refresh_token&client_secret=***&refresh_token=***&Client%5FSecret=***",
        ),
        (
            "password=a#b&employee=jane&scope=a+b&flag\n",
            "password=***&employee=***&scope=a+b&flag\n",
        ),
        ("code=abc", "code=***"),
        ("the code=abc", "the code=abc"),
        ("", ""),
    ],
)
def test_credentials_in_form_encoded_bodies_are_masked(form: str, expected: str) -> None:
    exchange = scrubbed(Scrubber(fields=["employee"]), body=form, response={"body_text": form})

    assert sent_of(exchange).body == expected
    assert exchange.content.decode() == expected


def test_a_secret_of_a_form_is_masked_everywhere() -> None:
    form = f"client_secret={quote(SLASHED, safe='')}"
    exchange = scrubbed(body=form, response={"body": {"error": f"No client has {SLASHED}."}})

    assert exchange.response.body == {"error": "No client has ***."}


@pytest.mark.parametrize("name", ["Location", "content-location", "link", "operation-location"])
def test_credentials_in_the_urls_of_headers_are_masked_everywhere(name: str) -> None:
    url = "https://files.example/a?page=2&{}={}&X-Amz-Signature={}#access_token={}"
    sent = url.format("token", KEY, "abc", "def")
    response = {"headers": {name: f"<{sent}>; rel=next"}, "body": {"echo": KEY}}

    exchange = scrubbed(response=response)

    expected = url.format("token", "***", "***", "***")
    assert exchange.response.headers == {name: f"<{expected}>; rel=next"}
    assert exchange.response.body == {"echo": "***"}


def test_fields_with_credentials_are_masked_at_any_depth_also_in_streams() -> None:
    nested = {"a": [{"Api_Key": "short", "password": 5, "keep": "text", "tokens": "Hello"}]}
    arguments = '{"text": "{\\"password\\": \\"hunter2\\"}", "api_key" : "short"}'
    exchange = scrubbed(body=nested, response={"body_text": f"data: {arguments}\n\n"})

    assert sent_of(exchange).body == {
        "a": [{"Api_Key": "***", "password": 5, "keep": "text", "tokens": "Hello"}]
    }
    assert exchange.content.decode() == (
        'data: {"text": "{\\"password\\": \\"***\\"}", "api_key" : "***"}\n\n'
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"token": "a", "Secret": "b"}, {"token": "***", "Secret": "***"}),
        ({"api_key": ["a", ["b", ""], 1]}, {"api_key": ["***", ["***", "***"], 1]}),
        ({"token": ["a"], "secret": []}, {"token": ["***"], "secret": []}),
        # the schema of a tool
        ({"token": {"type": "string"}, "secret": {"enum": ["a"]}}, None),
        # the tokens of a response
        ({"token": "Ebb", "bytes": [69], "logprob": -0.5}, None),
        ({"logProbability": -0.5, "token": "{", "tokenId": 1}, None),
    ],
)
def test_tokens_secrets_and_lists_of_credentials_are_masked(value: Any, expected: Any) -> None:
    exchange = scrubbed(body=[value], response={"body": {"in": value}})

    assert sent_of(exchange).body == [expected or value]
    assert exchange.response.body == {"in": expected or value}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"token": "a", "secret":"b"}', '{"token": "***", "secret":"***"}'),
        (
            '{"api_key": ["a", "", "b"], "c": ["d"]}',
            '{"api_key": ["***", "***", "***"], "c": ["d"]}',
        ),
        ('{\\"api_key\\":[\\"a\\"]}', '{\\"api_key\\":[\\"***\\"]}'),
        ('{"token": ["a"]}', '{"token": ["***"]}'),
        (
            '[{"token":"{","logprob":-0.5},{"token":"b"}]',
            '[{"token":"{","logprob":-0.5},{"token":"***"}]',
        ),
        ('{"logProbability":-0.5,"token":"Ebb","tokenId":1}', None),
        ('{"token":"Ebb","logprob":-0.5', None),
    ],
)
def test_tokens_secrets_and_lists_of_credentials_are_masked_in_streams(
    text: str, expected: str | None
) -> None:
    exchange = scrubbed(response={"body_text": f"data: {text}\n\n"})

    assert exchange.content.decode() == f"data: {expected or text}\n\n"


def test_a_scrubber_can_mask_tokens_beside_log_probabilities() -> None:
    value, text = {"token": "Ebb", "logprob": -0.5}, '{"token":["Ebb"],"logprob":-0.5}'
    scrub = Scrubber(fields=["token"])

    exchange = scrubbed(scrub, body=value, response={"body_text": text})

    assert sent_of(exchange).body == {"token": "***", "logprob": -0.5}
    assert exchange.content == b'{"token":["***"],"logprob":-0.5}'


def test_the_keys_of_objects_are_masked_by_the_patterns_of_a_scrubber() -> None:
    body = {"input": {"CUST-1": "a"}}

    assert sent_of(scrubbed(Scrubber(patterns=[r"CUST-\d+"]), body=body)).body == {
        "input": {"***": "a"}
    }


def test_the_ids_of_users_are_masked_in_requests() -> None:
    body = {
        "user": "jane",
        "safety_identifier": "jane",
        "metadata": {"user_id": "jane", "run": "1"},
        "tools": [{"user": "a word"}],
    }

    assert sent_of(scrubbed(body=body)).body == {
        "user": "***",
        "safety_identifier": "***",
        "metadata": {"user_id": "***", "run": "1"},
        "tools": [{"user": "a word"}],
    }
    unlike = {"user": {"name": "x"}, "metadata": {"user_id": 1}}
    assert sent_of(scrubbed(body=unlike)).body == unlike


def test_a_scrubber_can_mask_more() -> None:
    def shorten(exchange: Recording) -> Recording:
        from msgspec.structs import replace

        return replace(exchange, source={"team": "mine"})

    scrub = Scrubber(
        headers=["X-Team"],
        fields=["Employee"],
        patterns=[r"\d{3}-\d{4}"],
        secrets=["ACME", ""],
        then=shorten,
    )
    exchange = scrubbed(
        scrub,
        headers={"x-team": "blue"},
        body={"employee": "Jane", "text": "Call 555-1234 at ACME."},
        response={"body_frames": ()},
    )

    assert sent_of(exchange).headers == {"x-team": "***"}
    assert sent_of(exchange).body == {"employee": "***", "text": "Call *** at ***."}
    assert exchange.source == {"team": "mine"}


def test_an_exchange_without_a_request_is_scrubbed() -> None:
    response = RecordedResponse(body_text=f"Authorization: Bearer {KEY}")
    exchange = Recording(provider="any", api="a", response=response)

    assert Scrubber()(exchange).content == b"Authorization: Bearer ***"
    assert Scrubber()(exchange).request is None


def test_requests_are_scrubbed_before_they_are_compared(tmp_path: Path) -> None:
    first, second = (
        request("Hello", f"https://api.example/accounts/{name}/v1?key={name}", authorization=name)
        for name in ("account-of-jane-1", "account-of-john-2")
    )
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, first, Server(b"{}"))
    with Recorder(tmp_path) as recorder:
        assert send(recorder, second) == [b"{}"]

    def forget(exchange: Recording) -> Recording:
        return Recording(provider="", api="", response=exchange.response)

    without = Scrubber(then=forget)
    with Recorder(tmp_path / "other", "new", scrubber=without) as recorder:
        send(recorder, first, Server(b"{}"))
    (exchange,) = recordings(tmp_path / "other")
    assert exchange.request is None


FRAME = RecordedFrame(type="messageStop", payload={"stopReason": "end_turn"}).encode()
THROWN = RecordedFrame(type="throttlingException", payload="Too fast.", exception=True).encode()
FRAMES = {"content-type": event_stream.CONTENT_TYPE}


@pytest.mark.parametrize(
    ("content", "headers", "form", "file"),
    [
        (b'{"a": [1, 2.5], "b": {}}', JSON, "body", None),
        (b'{"a": 1}\n{"a": 2}\n', {"content-type": "application/x-ndjson"}, "body_file", "ndjson"),
        (b"data: 1\r\n\r\n", EVENTS, "body_file", "sse"),
        (b"<html>", {"content-type": "text/html; charset=utf-8"}, "body_file", "html"),
        (b"No.", {"content-type": "text/plain"}, "body_file", "txt"),
        (b"No.", JSON, "body_text", None),
        (b"\xff\x00", JSON, "body_base64", None),
        (b"data: \xff\n\n", EVENTS, "body_base64", None),
        (FRAME + THROWN, FRAMES, "body_frames", None),
        (FRAME[:20], FRAMES, "body_base64", None),
        (b"", JSON, None, None),
    ],
    ids=[
        *("json", "lines", "events", "page", "text", "not JSON", "bytes", "odd", "frames", "cut"),
        "empty",
    ],
)
def test_a_body_is_kept_in_the_most_readable_form(
    content: bytes, headers: dict[str, str], form: str | None, file: str | None, tmp_path: Path
) -> None:
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, request("Hello"), Server(content, headers=headers))
    response = json.loads((tmp_path / "001.json").read_text("utf-8"))["response"]

    assert [name for name in response if name.startswith("body")] == ([form] if form else [])
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".json"] == (
        [f"001.{file}"] if file else []
    )
    with Recorder(tmp_path) as recorder:
        replayed = b"".join(send(recorder, request("Hello")))
    assert replayed == (b'{"a":[1,2.5],"b":{}}' if form == "body" else content)


def test_the_keys_of_a_request_are_sorted_and_those_of_a_response_are_kept(tmp_path: Path) -> None:
    head, _ = request("Hello", zeta="1", alpha="2")
    with Recorder(tmp_path, "all") as recorder:
        body = '{"b": [{"d": 1, "c": []}], "a": "é"}'
        send(recorder, (head, body.encode()), Server(b'{"z":1,"a":2}'))

    text = (tmp_path / "001.json").read_text("utf-8")
    assert text.endswith("}\n")
    document = json.loads(text)
    assert list(document) == ["provider", "api", "request", "response"]
    assert list(document["request"]["headers"]) == ["alpha", "zeta"]
    assert '"a": "é",\n      "b": [\n        {\n          "c": [],\n          "d": 1\n' in text
    assert list(document["response"]["body"]) == ["z", "a"]


@pytest.mark.parametrize(
    ("method", "url", "provider", "name"),
    [
        ("POST", "https://api.openai.com/v1/responses", "openai", "openai.responses"),
        ("POST", "https://api.groq.com/openai/v1/chat/completions", "groq", "openai.chat"),
        ("POST", "https://api.mistral.ai/v1/chat/completions", "any", "mistral.chat"),
        ("POST", "http://localhost/v1/chat/completions", "mistral", "mistral.chat"),
        ("POST", "https://api.anthropic.com/v1/messages", "anthropic", "anthropic.messages"),
        ("POST", "https://g.example/m:generateContent?alt=x", "google", "gemini.generate_content"),
        ("GET", "https://api.openai.com/v1/models", "openai", "http"),
    ],
)
def test_the_wire_format_is_recognized(
    method: str, url: str, provider: str, name: str, tmp_path: Path
) -> None:
    head, _ = request("Hello", url)
    head.method = method
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, (head, b""), Server(b"{}"), provider=provider)

    (exchange,) = recordings(tmp_path)
    assert exchange.api == name
    assert sent_of(exchange).body is None


def test_a_request_that_is_not_json_is_kept_as_text(tmp_path: Path) -> None:
    head, _ = request("Hello")
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, (head, b"a=b\xff"), Server(b"{}"))
        send(recorder, (head, b'{"stream":true}'), Server(b"{}"))

    first, second = recordings(tmp_path)
    assert sent_of(first).body == "a=b�"
    assert (first.tags, second.tags, second.streamed) == ((), ("stream",), True)


def test_a_body_that_is_too_long_is_kept_up_to_the_limit() -> None:
    from chatmodels.testing._recorder.capture import Capture

    capture = Capture("any", RecordedRequest(), lambda: 0.0, limit=10)
    capture.head(200, EVENTS)
    for _ in range(3):
        capture.add(b"data: 1")
    capture.end()

    exchange = capture.recording()
    assert exchange.content == b"data: 1dat"
    assert exchange.response.failure == "left"
