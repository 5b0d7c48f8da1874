"""Cassettes of vcrpy are imported as recorded exchanges."""

import gzip
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from engines import request, send

from chatmodels.testing import Recorder, import_vcr, recordings

CASSETTE = """
interactions:
- request:
    body: '{"model":"m","messages":[{"role":"user","content":"Tides?"}]}'
    headers:
      authorization: [Bearer fake-key-0123456789]
      content-type:
      - application/json
    method: POST
    uri: https://api.openai.com/v1/chat/completions
  response:
    body:
      string: !!python/unicode '{"choices":[{"message":{"content":"Ebb."}}]}'
    headers:
      Content-Type: [application/json]
      Set-Cookie: [a=1, b=2]
      Transfer-Encoding: [chunked]
    status: {code: 200, message: OK}
- request:
    body: null
    headers: {}
    method: GET
    uri: https://models.example/v1/models?key=fake-key-0123456789
  response:
    content: 'data: 1


      data: 2


      '
    headers: {content-type: text/event-stream}
    http_version: HTTP/1.1
    status_code: 429
version: 1
"""


def test_a_cassette_is_imported_and_replayed(tmp_path: Path) -> None:
    (tmp_path / "tides.yaml").write_text(CASSETTE)

    first, second = import_vcr(tmp_path / "tides.yaml", tmp_path / "tides")

    assert (first.provider, first.api, first.response.status) == ("openai", "openai.chat", 200)
    assert first.response.headers == {"content-type": "application/json", "set-cookie": "***"}
    assert first.response.body == {"choices": [{"message": {"content": "Ebb."}}]}
    assert (second.provider, second.api, second.response.status) == ("models.example", "http", 429)
    assert second.content == b"data: 1\n\ndata: 2\n\n"
    written = tuple(recordings(tmp_path / "tides"))
    assert [each.content for each in written] == [first.content, second.content]
    text = "".join(path.read_text() for path in (tmp_path / "tides").iterdir())
    assert "fake-key" not in text
    with Recorder(tmp_path / "tides") as recorder:
        assert send(recorder, request("Tides?")) == [first.content]
    with Recorder(tmp_path / "tides", ignore=["body.*"]) as recorder:  # as vcrpy does by default
        assert send(recorder, request("Any text.")) == [first.content]


def interaction(**response: Any) -> dict[str, Any]:
    sent = {"method": "GET", "uri": "models/1", "headers": {}, "parsed_body": {"a": 1}}
    return {"request": sent, "response": {"status": {"code": 200}, "headers": {}} | response}


def imported(tmp_path: Path, *interactions: object) -> Any:
    path = tmp_path / "cassette.json"
    path.write_text(json.dumps({"interactions": interactions}))
    (exchange,) = import_vcr(path, tmp_path / "imported")
    return exchange


def test_cassettes_in_json_and_with_parsed_bodies_are_imported(tmp_path: Path) -> None:
    exchange = imported(tmp_path, interaction(parsed_body=[1, {"b": None}]))

    assert (exchange.request.body, exchange.response.body) == ({"a": 1}, [1, {"b": None}])
    assert exchange.provider == "unknown"
    assert imported(tmp_path, interaction(body={"string": ""})).content == b""


RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
COMPRESSED = {
    "gzip": ("gzip", gzip.compress(b'{"a":1}\xc3\xa9')),
    "gzip of several members": ("gzip", gzip.compress(b'{"a":1}') + gzip.compress(b"\xc3\xa9")),
    "zlib": ("deflate", zlib.compress(b'{"a":1}\xc3\xa9')),
    "raw": ("deflate", RAW.compress(b'{"a":1}\xc3\xa9') + RAW.flush()),
    "decoded already": ("gzip", b'{"a":1}\xc3\xa9'),
    "identity": ("identity", b'{"a":1}\xc3\xa9'),
    "none": ("", b'{"a":1}\xc3\xa9'),
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressed_bodies_are_decompressed(name: str, tmp_path: Path) -> None:
    import yaml

    coding, content = COMPRESSED[name]
    headers = {"content-encoding": [coding]} if coding else {}
    cassette = {"interactions": [interaction(body={"string": content}, headers=headers)]}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(cassette))

    (exchange,) = import_vcr(tmp_path / "c.yaml", tmp_path / "imported")

    assert exchange.content == b'{"a":1}\xc3\xa9'
    assert "content-encoding" not in exchange.response.headers


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("[1]", 'it has no list of "interactions"'),
        ("interactions: 5", 'it has no list of "interactions"'),
        ("interactions: [{request: {}}]", "interaction 1 is incomplete: KeyError"),
        ("interactions: [5]", "interaction 1 is incomplete: TypeError"),
        ("a: [", "it is not YAML"),
        ("a: !!python/object:os.system {}", "it is not YAML"),
    ],
)
def test_a_file_that_is_no_cassette_is_refused(document: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(document)

    with pytest.raises(ValueError, match=rf"c\.yaml is not a cassette of vcrpy .*: {reason}"):
        import_vcr(tmp_path / "c.yaml", tmp_path / "imported")
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"status": {"code": "200"}}, "the status is '200'"),
        ({"body": 5}, "a body is of type int"),
        ({"headers": 5}, "AttributeError"),
    ],
)
def test_an_interaction_that_is_incomplete_is_refused(
    response: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=f"interaction 2 is incomplete: .*{reason}"):
        imported(tmp_path, interaction(), interaction(**response))


def test_a_body_that_cannot_be_decompressed_is_refused(tmp_path: Path) -> None:
    import yaml

    for coding in ("gzip", "br"):
        headers = {"content-encoding": coding}
        cassette = {"interactions": [interaction(body={"string": b"\xff\xfe"}, headers=headers)]}
        (tmp_path / "c.yaml").write_text(yaml.safe_dump(cassette))
        with pytest.raises(ValueError, match=rf"a body cannot be decompressed \({coding}\)"):
            import_vcr(tmp_path / "c.yaml", tmp_path / "imported")


def test_yaml_requires_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.yaml").write_text(CASSETTE)
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(ModuleNotFoundError, match=r"pip install 'chatmodels-testing\[vcr\]'"):
        import_vcr(tmp_path / "c.yaml", tmp_path / "imported")
