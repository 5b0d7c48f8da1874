"""Removes secrets, account ids, cookies and personal headers from exchanges before they are kept.

Headers, parameters of the URL and fields of JSON are recognized by their names, keys by their form.
A secret that is found in a header or in the URL is masked everywhere else as well: many providers
repeat the key in their errors.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit, urlunsplit

from msgspec import UNSET
from msgspec.structs import replace

from chatmodels.core.extending import MASK, is_credential
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._recorder.denylist import (
    ACCOUNT_HEADERS,
    CREDENTIAL_FIELDS,
    CREDENTIAL_PARAMETERS,
    HARMLESS,
    HEADER_PATTERNS,
    LOGPROB,
    PATTERNS,
    PERSONAL_FIELDS,
    PERSONAL_HEADERS,
    TOKEN_FIELD,
    URL_PATTERNS,
)
from chatmodels.testing._recordings import RecordedRequest, RecordedResponse, Recording

_SHORTEST = 8  # characters: shorter values are words of tests, and masking them would garble texts
_SHORTEST_PART = 16  # characters of a part of a composed header, such as an access key id

_REST_OF_OBJECT = re.compile(r"[^{}]*")

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

Then = Callable[[Recording], Recording]


class Scrubber:
    """Removes what must not be kept from recorded exchanges.

    Masked are, by their names, headers with keys, tokens, signatures and cookies, headers with
    accounts or personal data, parameters of URLs and fields of JSON and of forms with credentials,
    and the top-level fields of a request with the id of a user; by their form, the keys of many
    vendors, tokens (JWT), private keys, and the ids of accounts in URLs and ARNs. Texts of prompts
    and responses are kept, apart from that.

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
        self._own: list[_Rule] = [(re.compile(each), MASK) for each in patterns]
        self._patterns: list[_Rule] = [*PATTERNS, *self._own, *_assigned(self._fields)]
        self._secrets = {each for each in secrets if each}
        self._then = then

    def __call__(self, exchange: Recording, /) -> Recording:
        """Return the exchange without what must not be kept."""
        request, response = exchange.request or RecordedRequest(), exchange.response
        found = {*self._secrets, *_url_secrets(request.url), *_form_secrets(request.body)}
        for headers in (request.headers, response.headers):
            found.update(_header_secrets(headers))
        written = {form for secret in found for form in _forms(secret)}
        # the longest first: a signature can contain a key
        secrets = sorted(written, key=len, reverse=True)
        clean = _Cleaning(secrets, self._patterns, self._own, self._fields)
        if exchange.request is not None:
            request = self._request(request, clean)
        scrubbed = replace(
            exchange,
            request=None if exchange.request is None else request,
            response=self._response(response, clean),
        )
        return scrubbed if self._then is None else self._then(scrubbed)

    def _request(self, request: RecordedRequest, clean: "_Cleaning") -> RecordedRequest:
        body = request.body
        body = clean.body(body) if isinstance(body, str) else clean.json(body)
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
            body_text=None if response.body_text is None else clean.body(response.body_text),
            body_base64=None if content is None else clean.content(content),
            body_frames=None
            if frames is None
            else tuple(replace(each, payload=clean.json(each.payload)) for each in frames),
        )

    def _masked(self, headers: dict[str, str], clean: "_Cleaning") -> dict[str, str]:
        return {
            name: MASK if self._is_masked(name.lower()) else clean.header(value)
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
        patterns: Iterable[_Rule],
        own: Iterable[_Rule],
        fields: Iterable[str],
    ) -> None:
        self._secrets = secrets
        self._patterns = patterns
        self._own = own
        self._fields = frozenset(fields)

    def text(self, text: str) -> str:
        return self._apply(self._patterns, text)

    def header(self, value: str) -> str:
        return self._apply(HEADER_PATTERNS, self.text(value))

    def body(self, text: str) -> str:
        """Mask a body that is not JSON, and can be an encoded form."""
        if _is_form(text):
            text = "&".join(self._pair(pair) for pair in text.split("&"))
        return self.text(text)

    def _pair(self, pair: str) -> str:
        name, equals, _ = pair.partition("=")
        plain = unquote_plus(name).lower()
        is_masked = equals and (_is_parameter(plain) or plain in self._fields)
        return f"{name}={MASK}" if is_masked else pair

    def _key(self, name: str) -> str:
        # two keys that are masked by their form would be one: a field would be lost
        return self._apply(self._own, name)

    def _apply(self, rules: Iterable[_Rule], text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for pattern, masked in rules:
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
                self._key(name): self._credential(item)
                if self._is_credential(name.lower(), value)
                else self.json(item)
                for name, item in value.items()
            }
        return value

    def _is_credential(self, field: str, siblings: Iterable[str]) -> bool:
        if field in self._fields:
            return True
        return field == TOKEN_FIELD and not any(LOGPROB.search(name) for name in siblings)

    def _credential(self, value: Any) -> Any:
        """Mask the texts of a field; an object is kept, because it can be the schema of a tool."""
        if is_array(value):
            return [self._credential(item) for item in value]
        return MASK if isinstance(value, str) else self.json(value)

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
        else:
            for url in re.split(r"[\s,;\"'<>]+", value):
                for parameter in re.split(r"[?&#]", url)[1:]:
                    yield from _parameter_secrets(parameter)


def _url_secrets(url: str) -> Iterator[str]:
    split = urlsplit(url)
    yield from _parameter_secrets(split.query)
    for part in (split.username, split.password):
        yield from _long_enough(part or "")


def _form_secrets(body: object) -> Iterator[str]:
    if isinstance(body, str) and _is_form(body):
        yield from _parameter_secrets(body.strip())


def _parameter_secrets(query: str) -> Iterator[str]:
    for name, value in parse_qsl(query):
        if _is_parameter(name):
            yield from _long_enough(value)


def _is_form(text: str) -> bool:
    return "=" in text and not re.search(r"\s", text.strip())


def _forms(secret: str) -> Iterator[str]:
    """Yield the texts of a secret: itself, in a URL, and within JSON, also in a string of JSON."""
    yield secret
    yield quote(secret, safe="")
    for slash in (r"\/", r"\\/"):
        yield secret.replace("/", slash)


def _long_enough(value: str) -> Iterator[str]:
    if len(value) >= _SHORTEST:
        yield value


def _assigned(fields: Iterable[str]) -> Iterator[_Rule]:
    """Yield rules for fields of JSON within text, also for JSON in a string of JSON."""
    names = "|".join(re.escape(name) for name in sorted({*fields} - {TOKEN_FIELD}))
    always = TOKEN_FIELD in fields
    for name, masked, masked_list in (
        (names, rf"\1{MASK}", _masked_list),
        (
            TOKEN_FIELD,
            rf"\1{MASK}" if always else _unless_logprob(lambda match: match[1] + MASK),
            _masked_list if always else _unless_logprob(_masked_list),
        ),
    ):
        start = rf'(?i:"(?:{name})\\*")\s*:\s*'
        yield re.compile(rf'({start}\\*")[^"\\]+'), masked
        texts = r'(?:\s*+\\*"[^"\\]*\\*"\s*+,?)++'
        yield re.compile(rf"({start}\[)({texts})"), masked_list


def _masked_list(match: re.Match[str]) -> str:
    return match[1] + re.sub(r'(\\*")[^"\\]*(\\*")', rf"\1{MASK}\2", match[2])


def _unless_logprob(masked: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """Return a function that keeps the parts of a text, which are beside a log probability."""

    def replaced(match: re.Match[str]) -> str:
        text, start = match.string, match.start()
        before = text[text.rfind("{", 0, start) + 1 : start]
        after = _REST_OF_OBJECT.match(text, match.end())
        is_part = LOGPROB.search(before) or (after and LOGPROB.search(after[0]))
        return match[0] if is_part else masked(match)

    return replaced
