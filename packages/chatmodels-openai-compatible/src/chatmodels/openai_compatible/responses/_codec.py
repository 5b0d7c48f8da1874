"""The codec of the Responses API for one dialect."""

from functools import partial

from chatmodels.core import ChatRequest
from chatmodels.core.extending import AcceptedMedia, Profile
from chatmodels.http import Codec, ConversationRules, HttpRequest, IdForm, StreamDecoder
from chatmodels.openai_compatible._server import Headers, codec_fields, output_forms
from chatmodels.openai_compatible.responses._decode import ResponsesDecoder
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect
from chatmodels.openai_compatible.responses._encode import encode_request, retrieval_path
from chatmodels.openai_compatible.responses._errors import read_failure
from chatmodels.openai_compatible.responses._media import accepted_media

_IDS = IdForm(r"[\s\S]{1,64}")
_HELD = frozenset({"previous_response_id", "conversation", "prompt", "retrieve"})
"""The options that refer to messages which the vendor holds ("Conversation state")."""


def responses_codec(dialect: ResponsesDialect, headers: Headers = ()) -> Codec:
    """Make the codec of one vendor that speaks the Responses API.

    With `provider_options={"retrieve": id}` no new response is requested. The response with that id
    is fetched: that of a run in the background, as far as it has come. Further options go into the
    query then.

    Args:
        dialect: The vendor's dialect.
        headers: Headers of all requests, as for the account to bill.
    """
    return Codec(
        api="responses",
        profile=partial(_profile, dialect),
        conversation=ConversationRules(ids=_IDS, paired_calls=dialect.paired_calls, held=_HELD),
        encode=partial(_encode, dialect, headers),
        decoder=partial(_decoder, dialect),
        failure=partial(read_failure, provider=dialect.name),
        **codec_fields(dialect, headers),
    )


def _profile(dialect: ResponsesDialect, model: str) -> Profile:
    media = accepted_media(dialect)
    return Profile(
        settings=dialect.settings,
        values=dialect.values,
        implied={"logprobs": (False,), **dialect.implied},
        needs_tools=("parallel_tool_calls",),
        not_with_reasoning=dict.fromkeys(dialect.not_with_reasoning, ()),
        native_output=output_forms(dialect.output_formats),
        user_media=media,
        # Drawn by a tool of this vendor.
        assistant_media=(AcceptedMedia(kind="image", state=dialect.mark),),
        result_media=media,
    )


def _encode(
    dialect: ResponsesDialect,
    headers: Headers,
    model: str,
    request: ChatRequest,
    /,
    *,
    stream: bool,
) -> HttpRequest:
    options = request.provider_options
    if options.get("retrieve") is not None:
        path = retrieval_path(dialect, options, stream=stream)
        return HttpRequest(method="GET", path=path, headers=headers)
    body = encode_request(model, request, dialect, stream=stream)
    return HttpRequest(path=dialect.path, body=body, headers=headers)


def _decoder(dialect: ResponsesDialect, request: ChatRequest) -> StreamDecoder:
    return ResponsesDecoder(dialect, request.settings.max_output_tokens)
