"""Translates requests into the vendor's JSON."""

import re
from typing import Any

from chatmodels.core import ChatRequest, InvalidRequestError, Settings, ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.http.wire import (
    Json,
    add_options,
    is_list,
    is_path_name,
    set_path,
    shown_name,
    write_body,
)
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect
from chatmodels.openai_compatible.responses._input import InputEncoder

_NO_SETTINGS = Settings()
_ID = re.compile(r"[\w.-]+", re.ASCII)
_LOGPROBS = "message.output_text.logprobs"


def encode_request(
    model: str, request: ChatRequest, dialect: ResponsesDialect, *, stream: bool
) -> bytes:
    """Encode the body of a request.

    Raises:
        UnsupportedError: The dialect does not support something; the message lists everything.
        InvalidRequestError: A value in `provider_options`, or a text, is not JSON.
    """
    problems: list[str] = []
    settings = request.settings
    stored = request.provider_options.get("store", settings.store) is not False
    encoder = InputEncoder(dialect, problems, stored=stored)
    body: dict[str, Json] = {"model": model, "input": encoder.encode(request.messages)}
    if settings != _NO_SETTINGS:
        _settings(request, dialect, body)
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.tool_choice is not None:
        body["tool_choice"] = _choice(request.tool_choice)
    if request.output is not None:
        set_path(body, "text.format", _format(request.output))
    wants_logprobs = settings.logprobs or settings.top_logprobs is not None
    include = [*dialect.include, *([_LOGPROBS] if wants_logprobs else ())]
    if include:
        body["include"] = include
    body["stream"] = stream  # some servers stream by default
    if request.provider_options:
        _add(request.provider_options, body, problems)
    return write_body(body, dialect.name, problems)


def retrieval_path(dialect: ResponsesDialect, options: dict[str, Any], *, stream: bool) -> str:
    """Return the path of an existing response ("Get a model response").

    Args:
        dialect: The dialect.
        options: The id as `retrieve`, and further parameters of the query.
        stream: Whether its events are requested.

    Raises:
        InvalidRequestError: The id is not valid, or a parameter is not JSON.
    """
    query = dict(options)
    response_id = query.pop("retrieve")
    is_text = isinstance(response_id, str)
    if not is_text or not _ID.fullmatch(response_id) or not is_path_name(response_id):
        shown = shown_name(response_id) if is_text else repr(response_id)
        raise InvalidRequestError(
            f"retrieve must be the id of a response, not {shown}; see ChatResponse.id"
        )
    query.pop("stream", None)
    path = f"{dialect.path}/{response_id}"
    if stream:
        query["stream"] = True
    return f"{path}?{_query(query)}" if query else path


def _query(fields: dict[str, Any]) -> str:
    """Encode fields like OpenAI's SDK: lists with brackets after the name, other values as JSON."""
    # Imported here, since it is rarely needed.
    from urllib.parse import urlencode

    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        if is_list(value):
            pairs += [(f"{name}[]", _word(item)) for item in value]
        else:
            pairs.append((name, _word(value)))
    try:
        return urlencode(pairs)
    except UnicodeEncodeError as error:
        raise InvalidRequestError(
            f"provider_options cannot be written as a query: {error}; remove the lone surrogate"
        ) from error


def _word(value: Json) -> str:
    return value if isinstance(value, str) else write_body(value, "", ()).decode()


def _settings(request: ChatRequest, dialect: ResponsesDialect, body: dict[str, Json]) -> None:
    for name, value in request.settings.chosen().items():
        path = dialect.settings.get(name)
        if path is not None and path != "include":
            set_path(body, path, value)


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    # In this API, tools are strict by default ("Migrate to the Responses API").
    encoded = {"type": "function", "name": tool.name, "parameters": tool.parameters}
    if tool.description:
        encoded["description"] = tool.description
    return encoded | {"strict": tool.strict}


def _choice(choice: ToolChoice) -> Json:
    if choice.mode == "tool":
        return {"type": "function", "name": choice.name}
    return choice.mode


def _format(output: OutputSchema) -> Json:
    kind = "json_object" if output.schema is None else "json_schema"
    if output.schema is None:
        return {"type": kind}
    described: dict[str, Json] = {"type": kind, "name": output.name, "schema": output.schema}
    if output.description:
        described["description"] = output.description
    return described | {"strict": output.strict}


def _add(options: dict[str, Any], body: dict[str, Json], problems: list[str]) -> None:
    """Merge the caller's fields, and join the lists of additional output."""
    if options.get("stream", body.get("stream", False)) != body.get("stream", False):
        problems.append("stream in provider_options; call stream() or generate()")
    included = body.get("include", [])
    add_options(options, body)
    for value in included:
        if is_list(body["include"]) and value not in body["include"]:
            body["include"] = [*body["include"], value]
