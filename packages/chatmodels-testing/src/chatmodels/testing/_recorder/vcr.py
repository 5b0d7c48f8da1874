"""Imports cassettes of vcrpy, as JSON or YAML, into folders of recorded exchanges."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._recorder.bodies import body_fields
from chatmodels.testing._recorder.capture import FRAMING, recorded_request, wire_format
from chatmodels.testing._recorder.cassette import write_exchanges
from chatmodels.testing._recorder.scrubbing import Scrubber
from chatmodels.testing._recordings import RecordedResponse, Recording

_PROVIDERS = {
    "api.anthropic.com": "anthropic",
    "api.cohere.com": "cohere",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.openai.com": "openai",
    "api.x.ai": "xai",
    "generativelanguage.googleapis.com": "google",
    "openrouter.ai": "openrouter",
}


def import_vcr(
    cassette: str | Path, folder: str | Path, /, *, scrubber: Scrubber | None = None
) -> tuple[Recording, ...]:
    """Import a cassette of vcrpy into a folder, in place of the exchanges that are there.

    Bodies are decompressed. As every recording, the exchanges are scrubbed. A response has no
    chunks: each event of a stream is one in a replay.

    Args:
        cassette: The file: YAML, which requires the extra `chatmodels-testing[vcr]`, or JSON, if
            its name ends with ".json".
        folder: The folder for a `Recorder`.
        scrubber: Removes what must not be kept; None for a `Scrubber()`.

    Returns:
        The exchanges, in order.

    Raises:
        ModuleNotFoundError: The cassette is YAML, and pyyaml is not installed.
        OSError: A file cannot be read or written.
        ValueError: The file is not such a cassette; nothing is written.
    """
    scrub = Scrubber() if scrubber is None else scrubber
    path = Path(cassette)
    try:
        exchanges = tuple(scrub(each) for each in _exchanges(_read(path)))
    except ValueError as error:
        raise ValueError(
            f"{path} is not a cassette of vcrpy that can be imported: {error}"
        ) from error
    write_exchanges(Path(folder), exchanges, keep=False)
    return exchanges


def _read(path: Path) -> Any:
    if path.suffix == ".json":
        return msgspec.json.decode(path.read_bytes())
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "cassettes in YAML require pyyaml; try: pip install 'chatmodels-testing[vcr]'",
            name=error.name,
        ) from error

    class Loader(yaml.SafeLoader):
        """The safe loader, with the texts of Python 2."""

    def text(loader: Any, node: Any) -> Any:
        return loader.construct_scalar(node)

    Loader.add_constructor("tag:yaml.org,2002:python/unicode", text)
    try:
        return yaml.load(path.read_bytes(), Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML: {error}") from error


def _exchanges(document: Any) -> Iterator[Recording]:
    interactions: object = document.get("interactions") if is_object(document) else None
    if not is_array(interactions):
        raise ValueError('it has no list of "interactions"')
    for number, each in enumerate(interactions, 1):
        try:
            yield _exchange(each["request"], each["response"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"interaction {number} is incomplete: {error!r}") from error
        except ValueError as error:
            raise ValueError(f"interaction {number}: {error}") from error


def _exchange(sent: Mapping[str, Any], received: Mapping[str, Any]) -> Recording:
    url: str = sent["uri"]
    headers = _headers(sent["headers"], ", ")
    content = _decompressed(_body(sent), headers)
    request = recorded_request(sent["method"], url, headers, content)
    received_headers = _headers(received["headers"], ", ")
    content = _decompressed(_body(received), received_headers)
    content_headers = {
        name: value for name, value in received_headers.items() if name not in FRAMING
    }
    content_type = content_headers.setdefault("content-type", "")
    response = RecordedResponse(
        status=_status(received), headers=content_headers, **body_fields(content, content_type)
    )
    host = urlsplit(url).hostname or ""
    provider = _PROVIDERS.get(host, host or "unknown")
    api = wire_format(request, provider)
    return Recording(provider=provider, api=api, request=request, response=response)


def _status(received: Mapping[str, Any]) -> int:
    # older versions write the responses of httpx in another form
    status = received["status"]["code"] if "status" in received else received["status_code"]
    if not isinstance(status, int):
        raise TypeError(f"the status is {status!r}")
    return status


def _headers(headers: Mapping[str, Any], separator: str) -> dict[str, str]:
    return {
        name.lower(): separator.join(map(str, value)) if is_array(value) else str(value)
        for name, value in headers.items()
    }


def _body(message: Mapping[str, Any]) -> bytes:
    if "parsed_body" in message:  # of serializers that write JSON as YAML
        return msgspec.json.encode(message["parsed_body"])
    body = message["body"] if "body" in message else message.get("content")
    if is_object(body):
        body = body.get("string")
    if isinstance(body, str):
        return body.encode()
    if body is not None and not isinstance(body, bytes):
        raise TypeError(f"a body is of type {type(body).__name__}")
    return body or b""


_DECODERS: Mapping[str, Sequence[Callable[[bytes], bytes]]] = {
    "gzip": (gzip.decompress,),
    # some servers omit the header of zlib
    "deflate": (zlib.decompress, partial(zlib.decompress, wbits=-zlib.MAX_WBITS)),
}


def _decompressed(content: bytes, headers: Mapping[str, str]) -> bytes:
    """Decompress a body, unless vcrpy or the client has done so already."""
    coding = headers.get("content-encoding", "").strip().lower()
    if not content or coding in ("", "identity") or _is_text(content):
        return content
    for decode in _DECODERS.get(coding, ()):
        try:
            return decode(content)
        except (zlib.error, OSError, EOFError):
            continue
    raise ValueError(
        f"a body cannot be decompressed ({coding}); record it with decode_compressed_response=True"
    )


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
