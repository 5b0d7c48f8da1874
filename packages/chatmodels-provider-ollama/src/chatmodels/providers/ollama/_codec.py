"""The codec of `POST /api/chat`."""

from chatmodels.core import ChatRequest
from chatmodels.core.extending import FREE_TOOL_CHOICES, AcceptedMedia, Profile
from chatmodels.http import (
    Codec,
    ConversationRules,
    HttpRequest,
    Listing,
    NdjsonFramer,
    everywhere,
)
from chatmodels.providers.ollama._decode import ChatDecoder
from chatmodels.providers.ollama._encode import EFFORT_WORDS, SETTINGS, encode_request
from chatmodels.providers.ollama._errors import read_failure
from chatmodels.providers.ollama._listing import read_models


def _encode(model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
    return HttpRequest(path="/api/chat", body=encode_request(model, request, stream=stream))


_PROFILE = Profile(
    settings=SETTINGS,
    strict_tools=False,
    tool_choices=FREE_TOOL_CHOICES,
    user_media=(AcceptedMedia(kind="image", without=("image/svg",)),),
    assistant_media=(),
    result_media=(),
    effort_words=EFFORT_WORDS,
)


def _profile(model: str) -> Profile:
    return _PROFILE


CODEC = Codec(
    profile=_profile,
    conversation=ConversationRules(state_scope=everywhere),  # the state is readable text
    encode=_encode,
    decoder=ChatDecoder,
    failure=read_failure,
    framer=NdjsonFramer,
    models=Listing(HttpRequest(method="GET", path="/api/tags"), read_models),
    health=HttpRequest(method="GET", path="/api/version"),
)
