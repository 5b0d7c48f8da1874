"""Typed structures for the JSON of the Batch API."""

from datetime import datetime

import msgspec

from chatmodels.http.wire import Json, Wire
from chatmodels.providers.google._wire import NOTHING


class WireOutput(Wire, frozen=True, gc=False, rename="camel"):
    """The output of a batch: the name of a file, or the answers."""

    responses_file: str | None = None
    inlined_responses: Json = None


class WireMetadata(Wire, frozen=True, gc=False, rename="camel"):
    """A batch."""

    state: str = ""
    display_name: str = ""
    create_time: datetime | None = None
    output: WireOutput | None = None


class WireOperation(Wire, frozen=True, gc=False):
    """The operation of a batch."""

    name: str
    metadata: WireMetadata
    done: bool = False
    response: WireOutput | None = None
    error: Json = None

    @property
    def created_at(self) -> datetime | None:
        """The time of the creation of the batch."""
        return self.metadata.create_time

    @property
    def output(self) -> WireOutput:
        """The output, which an operation with an error has in its metadata."""
        return self.response or self.metadata.output or WireOutput()


class WirePage(Wire, frozen=True, gc=False, rename="camel"):
    """A page of the listing."""

    operations: tuple[WireOperation, ...] = ()
    next_page_token: str = ""


class WireKey(Wire, frozen=True, gc=False):
    """The metadata of a row."""

    key: str = ""


class WireAnswer(Wire, frozen=True, gc=False):
    """The answer to a row."""

    key: str = ""
    metadata: WireKey = WireKey()
    response: msgspec.Raw = NOTHING
    error: Json = None


class WireRow(Wire, frozen=True, gc=False):
    """A row of a file."""

    key: str
    request: msgspec.Raw


class WireFile(Wire, frozen=True, gc=False):
    """A file."""

    name: str


class WireUpload(Wire, frozen=True, gc=False):
    """The response to an upload."""

    file: WireFile
