"""Requests to Amazon S3 for the files of batches ("PutObject", "GetObject", "ListObjectsV2").

A bucket is part of the path, which every region and every server with this API accepts.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.http import HttpRequest, ResponseHeader, excerpt
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME

S3_URI = r"s3://([a-z0-9][-.a-z0-9]{1,61}[a-z0-9])(?:/([-!_*'().a-z0-9A-Z/]*))?"
"""The form of a location in the API of batches ("S3InputDataConfig"), with bucket and key."""


class Listing(NamedTuple):
    """A page of the objects in a location.

    Attributes:
        bucket: The bucket.
        keys: The keys of the objects.
        next: The request for the next page, if there is one.
    """

    bucket: str
    keys: list[str]
    next: HttpRequest | None


class Storage(msgspec.Struct, frozen=True):
    """S3 at one URL.

    Attributes:
        url: The URL, without a slash at its end.
    """

    url: str

    def put(self, uri: str, body: bytes, /) -> ResponseHeader:
        """Return the request that stores an object, whose response is read up to its headers."""
        request = HttpRequest(method="PUT", path=self._url(*_parts(uri)), body=body)
        return ResponseHeader(request, "etag")

    def get(self, bucket: str, key: str, /) -> HttpRequest:
        """Return the request for an object."""
        return HttpRequest(method="GET", path=self._url(bucket, key))

    def list(self, uri: str, /) -> HttpRequest:
        """Return the request for the first page of the objects in a location."""
        return self._list(*_parts(uri), "")

    def read(self, page: bytes, /) -> Listing:
        """Read a page of a listing.

        Raises:
            ResponseInvalidError: It is no listing.
        """
        text = page.decode(errors="replace")
        bucket = _text(text, "Name")
        if bucket is None:
            raise _invalid(text)
        following = None
        if token := _text(text, "NextContinuationToken"):
            query = f"&continuation-token={_quoted(token)}"
            following = self._list(bucket, _text(text, "Prefix") or "", query)
        return Listing(bucket, list(_texts(text, "Key")), following)

    def _list(self, bucket: str, prefix: str, query: str) -> HttpRequest:
        path = f"{self.url}/{bucket}?list-type=2&prefix={_quoted(prefix)}{query}"
        return HttpRequest(method="GET", path=path)

    def _url(self, bucket: str, key: str) -> str:
        return f"{self.url}/{bucket}/{quote(key, safe='/-_.~')}"


def _parts(uri: str) -> tuple[str, str]:
    match = re.fullmatch(S3_URI, uri)
    if match is None:
        raise ResponseInvalidError(f"{PROVIDER_NAME}: {uri!r} is no location of S3")
    return match[1], match[2] or ""


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _text(document: str, element: str) -> str | None:
    return next(_texts(document, element), None)


def _texts(document: str, element: str) -> Iterator[str]:
    # These elements contain text only, so that no parser of XML is needed.
    found: Iterator[re.Match[str]] = re.finditer(f"<{element}>([^<]*)</{element}>", document)
    return (unescape(match[1]) for match in found)


def _invalid(page: str) -> ChatModelError:
    return ResponseInvalidError(
        f"{PROVIDER_NAME}: S3 sent data that is not a list of objects; check s3_url",
        details={"body": excerpt(page)},
    )
