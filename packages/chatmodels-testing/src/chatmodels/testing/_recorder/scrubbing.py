"""Removes secrets, account ids, cookies and personal headers from exchanges before they are kept.

Headers, parameters of the URL and fields of JSON are recognized by their names, keys by their form.
A secret that is found in a header or in the URL is masked everywhere else as well: many providers
repeat the key in their errors.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from msgspec import UNSET
from msgspec.structs import replace

from chatmodels.core.extending import MASK, is_credential
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._recorder.denylist import (
    ACCOUNT_HEADERS,
    CREDENTIAL_FIELDS,
    CREDENTIAL_PARAMETERS,
    HARMLESS,
    PATTERNS,
    PERSONAL_FIELDS,
    PERSONAL_HEADERS,
    URL_PATTERNS,
)
from chatmodels.testing._recordings import RecordedRequest, RecordedResponse, Recording

_SHORTEST = 8  # characters: shorter values are words of tests, and masking them would garble texts
_SHORTEST_PART = 16  # characters of a part of a composed header, such as an access key id

Then = Callable[[Recording], Recording]


class Scrubber:
    """Removes what must not be kept from recorded exchanges.

    Masked are, by their names, headers with keys, tokens, signatures and cookies, headers with
    accounts or personal data, parameters of the URL and fields of JSON with credentials, and the
    top-level fields of a request with the id of a user; by their form, the keys of many vendors,
    tokens (JWT), private keys, and the ids of accounts in URLs and ARNs. Texts of prompts and
    responses are kept, apart from that.

    Args:
        headers: The names of more headers to mask.
        fields: The names of more fields of JSON bodies whose text is masked, at any depth.
        patterns: More regular expressions of texts to mask, in bodies, URLs and headers.
        secrets: More texts to mask, such as the id of your organization.
        then: Returns the exchange to keep: a function for all else, such as the texts of prompts.
            It is also called with each request to replay, whose response is empty then.

    Raises:
        re.error: A pattern is not a regular expression.
    """

    def __init__(
        self,
        *,
        headers: Iterable[str] = (),
        fields: Iterable[str] = (),
        patterns: Iterable[str | re.Pattern[str]] = (),
        secrets: Iterable[str] = (),
        then: Then | None = None,
    ) -> None:
        self._headers = {name.lower() for name in headers}
        self._fields = CREDENTIAL_FIELDS | {name.lower() for name in fields}
        self._patterns = [*PATTERNS, *((re.compile(each), MASK) for each in patterns)]
        self._patterns.append((_assigned(self._fields), rf"\1{MASK}"))
        self._secrets = {each for each in secrets if each}
        self._then = then

    def __call__(self, exchange: Recording, /) -> Recording:
        """Return the exchange without what must not be kept."""
        request, response = exchange.request or RecordedRequest(), exchange.response
        found = {*self._secrets, *_url_secrets(request.url)}
        for headers in (request.headers, response.headers):
            found.update(_header_secrets(headers))
        written = {form for secret in found for form in _forms(secret)}
        # the longest first: a signature can contain a key
        clean = _Cleaning(sorted(written, key=len, reverse=True), self._patterns, self._fields)
        if exchange.request is not None:
            request = self._request(request, clean)
        scrubbed = replace(
            exchange,
            request=None if exchange.request is None else request,
            response=self._response(response, clean),
        )
        return scrubbed if self._then is None else self._then(scrubbed)

    def _request(self, request: RecordedRequest, clean: "_Cleaning") -> RecordedRequest:
        body = clean.json(request.body)
        if is_object(body):
            body = {
                name: MASK if name in PERSONAL_FIELDS and isinstance(value, str) else value
                for name, value in body.items()
            }
            metadata = body.get("metadata")
            if is_object(metadata) and isinstance(metadata.get("user_id"), str):
                body["metadata"] = metadata | {"user_id": MASK}
        return replace(
            request,
            url=clean.url(request.url),
            headers=self._masked(request.headers, clean),
            body=body,
        )

    def _response(self, response: RecordedResponse, clean: "_Cleaning") -> RecordedResponse:
        frames, content = response.body_frames, response.body_base64
        return replace(
            response,
            headers=self._masked(response.headers, clean),
            body=response.body if response.body is UNSET else clean.json(response.body),
            body_text=None if response.body_text is None else clean.text(response.body_text),
            body_base64=None if content is None else clean.content(content),
            body_frames=None
            if frames is None
            else tuple(replace(each, payload=clean.json(each.payload)) for each in frames),
        )

    def _masked(self, headers: dict[str, str], clean: "_Cleaning") -> dict[str, str]:
        return {
            name: MASK if self._is_masked(name.lower()) else clean.text(value)
            for name, value in headers.items()
        }

    def _is_masked(self, name: str) -> bool:
        return (
            name in self._headers
            or name in PERSONAL_HEADERS
            or name in ACCOUNT_HEADERS
            or _is_secret(name)
        )


class _Cleaning:
    """Masks the secrets of one exchange."""

    def __init__(
        self,
        secrets: list[str],
        patterns: Iterable[tuple[re.Pattern[str], str]],
        fields: Iterable[str],
    ) -> None:
        self._secrets = secrets
        self._patterns = patterns
        self._fields = frozenset(fields)

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern, masked in self._patterns:
            text = pattern.sub(masked, text)
        return text

    def content(self, content: bytes) -> bytes:
        text = content.decode("utf-8", "surrogateescape")
        return self.text(text).encode("utf-8", "surrogateescape")

    def json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if is_array(value):
            return [self.json(item) for item in value]
        if is_object(value):
            return {
                self.text(name): MASK
                if name.lower() in self._fields and isinstance(item, str)
                else self.json(item)
                for name, item in value.items()
            }
        return value

    def url(self, url: str) -> str:
        split = urlsplit(url)
        query = "&".join(
            f"{quote(name)}={MASK if _is_parameter(name) else quote(value, safe='*')}"
            for name, value in parse_qsl(split.query, keep_blank_values=True)
        )
        host = split.netloc.rpartition("@")[2]
        text = urlunsplit((split.scheme, host, split.path, query, ""))
        for pattern, masked in URL_PATTERNS:
            text = pattern.sub(masked, text)
        return self.text(text)


def _is_secret(header: str) -> bool:
    return is_credential(header) and not HARMLESS.search(header)


def _is_parameter(name: str) -> bool:
    return name.lower() in CREDENTIAL_PARAMETERS


def _header_secrets(headers: dict[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        lower = name.lower()
        if lower in ACCOUNT_HEADERS:
            yield from _long_enough(value)
        elif _is_secret(lower):
            yield from _long_enough(value.rpartition(" ")[2])
            if "=" in value:  # composed, as a signature or a cookie is
                parts = re.split(r"[\s,;=/]+", value)
                yield from (part for part in parts if len(part) >= _SHORTEST_PART)


def _url_secrets(url: str) -> Iterator[str]:
    split = urlsplit(url)
    for name, value in parse_qsl(split.query):
        if _is_parameter(name):
            yield from _long_enough(value)
    for part in (split.username, split.password):
        yield from _long_enough(part or "")


def _forms(secret: str) -> Iterator[str]:
    """Yield the texts of a secret: itself, in a URL, and within JSON, also in a string of JSON."""
    yield secret
    yield quote(secret, safe="")
    for slash in (r"\/", r"\\/"):
        yield secret.replace("/", slash)


def _long_enough(value: str) -> Iterator[str]:
    if len(value) >= _SHORTEST:
        yield value


def _assigned(fields: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for fields of JSON within text, also for JSON in a string of JSON."""
    names = "|".join(re.escape(name) for name in sorted(fields))
    return re.compile(rf'((?i:\\*"(?:{names})\\*")\s*:\s*\\*")[^"\\]+')
