"""Makes OpenAI's models."""

from chatmodels.core import ConfigurationError, ProviderOptions
from chatmodels.http import HttpProvider
from chatmodels.openai_compatible import ChatCompletionsCodec
from chatmodels.providers.openai._dialect import DIALECT
from chatmodels.providers.openai._metadata import METADATA

_CODEC = ChatCompletionsCodec(DIALECT)
_HEADERS = {"organization": "OpenAI-Organization", "project": "OpenAI-Project"}


def codec(options: ProviderOptions) -> ChatCompletionsCodec:
    """Choose the wire format by the options of a model.

    Raises:
        ConfigurationError: There is no such API, or a value cannot be sent in a header.
    """
    if not options.extra:
        return _CODEC
    api = options.extra.get("api", "chat_completions")
    if api != "chat_completions":
        raise ConfigurationError(f"openai has no api {api!r} here; leave it out")
    headers: list[tuple[str, str]] = []
    for name, header in _HEADERS.items():
        value = str(options.extra.get(name, ""))
        if not value.isascii() or not value.isprintable():
            raise ConfigurationError(f"openai: {name} must be printable ASCII text, not {value!r}")
        if value:
            headers.append((header, value))
    return ChatCompletionsCodec(DIALECT, tuple(headers))


PROVIDER = HttpProvider(METADATA, codec)
