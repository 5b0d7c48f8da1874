"""The dialect and metadata of llama.cpp's server.

Sources, as of November 2026: "LLaMA.cpp HTTP Server" and "Function calling", the documentation in
the repository of llama.cpp, and responses of llama-server in xllamacpp 2026.10.11549.
"""

from chatmodels.http import SchemaSupport
from chatmodels.http.wire import Json
from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    INPUT_TOKENS,
    Dialect,
    compatible_provider,
)
from chatmodels.providers.llamacpp._schemas import GRAMMAR


def request_progress(body: dict[str, Json], problems: list[str]) -> None:
    """Request the progress of reading the prompt, which can take minutes without an event."""
    if body.get("stream"):
        body["return_progress"] = True


_SETTINGS = {name: field for name, field in COMMON_SETTINGS.items() if name != "user"}

DIALECT = Dialect(
    name="llamacpp",
    settings={**_SETTINGS, "top_k": "top_k", "reasoning_effort": "reasoning_effort"},
    values={"parallel_tool_calls": (True,)},  # false is ignored
    sends_named_tool_alone=True,  # a named choice is read as "auto"
    inputs=frozenset({"image", "image_url", "audio"}),
    result_inputs=frozenset({"image"}),
    image_types=("image/jpeg", "image/png", "image/bmp", "image/gif"),  # those of stb_image
    native_output_without=("tools",),  # no call can come beside `response_format`
    schemas=SchemaSupport(tools=GRAMMAR, output=GRAMMAR),
    reasoning_field="reasoning_content",
    streams_whole=True,  # an abandoned whole response is often generated to its end
    counting=INPUT_TOKENS,
    adapt=request_progress,
)
"""The chat completions of llama.cpp's server."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Models that llama.cpp's server runs.",
    base_url="http://127.0.0.1:8080/v1",
    api_key_env=["LLAMA_API_KEY"],
    api_key_required=False,
    base_url_env=["LLAMACPP_BASE_URL"],
    documentation_url="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
)
"""The provider `llamacpp`."""
