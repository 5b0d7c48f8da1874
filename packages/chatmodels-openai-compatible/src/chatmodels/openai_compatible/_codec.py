"""The codec of chat completions for one dialect."""

from collections.abc import Callable
from functools import partial

from chatmodels.core import ChatRequest
from chatmodels.core.extending import Profile
from chatmodels.http import Codec, ConversationRules, HttpRequest
from chatmodels.openai_compatible._decode import ChatCompletionsDecoder
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._encode import encode_request
from chatmodels.openai_compatible._errors import read_failure
from chatmodels.openai_compatible._media import ASSISTANT_AUDIO, accepted_media
from chatmodels.openai_compatible._server import Headers, codec_fields, output_forms


def chat_completions_codec(
    dialect: Dialect,
    headers: Headers = (),
    *,
    dialect_for: Callable[[str], Dialect] | None = None,
) -> Codec:
    """Return the codec of one vendor with a chat completions API.

    Args:
        dialect: The vendor's dialect.
        headers: Headers of all requests, such as the account to bill.
        dialect_for: Returns the dialect of a model, for a vendor some of whose models support less
            than others.
    """
    return Codec(
        api="chat_completions",
        profile=partial(_profile, dialect_for or dialect),
        conversation=ConversationRules(
            ids=dialect.call_ids, paired_calls=dialect.paired_calls, results_at_once=True
        ),
        encode=partial(_encode, dialect_for or dialect, headers),
        decoder=partial(
            ChatCompletionsDecoder,
            dialect=dialect.name,
            marks_reasoning=dialect.reasoning_field == "as_sent",
            think_tags=dialect.think_tags,
        ),
        failure=partial(read_failure, provider=dialect.name),
        streams_whole=dialect.streams_whole,
        counting=dialect.counting,
        **codec_fields(dialect, headers),
    )


def _profile(dialect: Dialect | Callable[[str], Dialect], model: str) -> Profile:
    chosen = dialect if isinstance(dialect, Dialect) else dialect(model)
    return Profile(
        settings=chosen.settings,
        values=chosen.values,
        ranges=chosen.ranges,
        implied=chosen.implied,
        needs_tools=("parallel_tool_calls",),
        not_with_reasoning=dict.fromkeys(chosen.not_with_reasoning, ()),
        reasons_by_default=chosen.reasons_by_default,
        exclusive=chosen.exclusive,
        tools=chosen.tools,
        tools_with_reasoning=chosen.tools_with_reasoning,
        strict_tools=chosen.strict_tools,
        output_types=chosen.tools or bool(chosen.output_formats),
        tool_choices=chosen.tool_choices,
        tool_choices_with_reasoning=chosen.tool_choices_with_reasoning,
        native_output=output_forms(chosen.output_formats),
        native_output_without=chosen.native_output_without,
        user_media=accepted_media(chosen, chosen.inputs),
        assistant_media=ASSISTANT_AUDIO if "audio_output" in chosen.settings else (),
        result_media=accepted_media(chosen, chosen.result_inputs),
        effort_words={**dict.fromkeys(chosen.effort_fields), **chosen.effort_words},
        prefill=chosen.prefill,
    )


def _encode(
    dialect: Dialect | Callable[[str], Dialect],
    headers: Headers,
    model: str,
    request: ChatRequest,
    /,
    *,
    stream: bool,
) -> HttpRequest:
    chosen = dialect if isinstance(dialect, Dialect) else dialect(model)
    body = encode_request(model, request, chosen, stream=stream)
    return HttpRequest(path=chosen.chat_path, body=body, headers=headers)
