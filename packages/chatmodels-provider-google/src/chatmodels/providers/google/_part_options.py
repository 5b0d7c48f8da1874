"""Options for one part of a message."""

from collections.abc import Mapping
from typing import Any

from chatmodels.core import ProviderPart
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json
from chatmodels.providers.google._wire import STATE_FORMAT

OPTIONS = frozenset({"videoMetadata", "mediaResolution", "mediaProcessing", "partMetadata"})
"""The fields of a part other than its content ("Part", API reference)."""


def part_options(**fields: Any) -> ProviderPart:
    """Return options for the preceding part of a message; other providers ignore them.

    >>> from chatmodels.core import file, user
    >>> video = file(url="https://example.com/1.mp4", media_type="video/mp4")
    >>> question = user(video, part_options(videoMetadata={"startOffset": "30s"}), "Who is it?")

    Args:
        fields: `videoMetadata`, `mediaResolution`, `mediaProcessing` or `partMetadata` ("Part", API
            reference). Other fields are sent as a separate part.
    """
    return ProviderPart(ProviderState(STATE_FORMAT, fields))


def are_options(fields: Mapping[str, Json], /) -> bool:
    """Check whether fields are options of the preceding part."""
    return bool(fields) and fields.keys() <= OPTIONS
