"""Tools for codecs: lenient reading of a vendor's JSON, and writing or rejecting requests."""

from typing import TYPE_CHECKING

from chatmodels.core.extending import publish
from chatmodels.http.wire._finish import NO_REASON, finish_reason
from chatmodels.http.wire._invalid_body import raise_for_body, reject_listing
from chatmodels.http.wire._json import (
    NOT_JSON,
    Json,
    Wire,
    identifier,
    integer_or_none,
    is_list,
    is_object,
    lenient,
    objects,
    text_or_none,
    timestamp_or_none,
    warn,
)
from chatmodels.http.wire._media import Medium, base64_text, data_url, text_of
from chatmodels.http.wire._names import (
    PATH_NAME_RULE,
    is_host_label,
    is_path_name,
    path_name,
    shown_name,
)
from chatmodels.http.wire._output import OUTPUT_FROM_TOOL
from chatmodels.http.wire._plain import TEXT, PlainForm, PlainMessages
from chatmodels.http.wire._request import (
    add_options,
    arguments_json,
    arguments_of,
    describe_part,
    set_path,
    state_of,
    write_body,
)
from chatmodels.http.wire._usage import merge_usage

__all__ = [
    "NOT_JSON",
    "NO_REASON",
    "OUTPUT_FROM_TOOL",
    "PATH_NAME_RULE",
    "TEXT",
    "Json",
    "Medium",
    "PlainForm",
    "PlainMessages",
    "Wire",
    "add_options",
    "arguments_json",
    "arguments_of",
    "base64_text",
    "data_url",
    "describe_part",
    "finish_reason",
    "identifier",
    "integer_or_none",
    "is_host_label",
    "is_list",
    "is_object",
    "is_path_name",
    "lenient",
    "merge_usage",
    "objects",
    "path_name",
    "raise_for_body",
    "reject_listing",
    "set_path",
    "shown_name",
    "state_of",
    "text_of",
    "text_or_none",
    "timestamp_or_none",
    "warn",
    "write_body",
]

publish(globals())


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        from chatmodels.http._former import former_name

        return former_name(__name__, name)
