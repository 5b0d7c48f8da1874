"""Refuses what a request holds and a model without a wire format of its own does not claim."""

from collections.abc import Iterator

from chatmodels.core._errors import UnsupportedError
from chatmodels.core._values.metadata import Capability
from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart, Part, ToolResult
from chatmodels.core._values.request import ChatRequest

_MEDIA = {
    ImagePart: (Capability.VISION, "images"),
    AudioPart: (Capability.AUDIO_INPUT, "audio"),
    FilePart: (Capability.DOCUMENTS, "files"),
}


def refuse_unclaimed(
    request: ChatRequest, capabilities: frozenset[Capability], /, *, provider: str
) -> None:
    """Refuse media and output types that a model does not claim.

    Raises:
        UnsupportedError: There are some; the message lists them all.
    """
    missing = [
        f"{what} (message {number})"
        for number, message in enumerate(request.messages)
        if message.role != "assistant"
        for what in dict.fromkeys(_unclaimed(message.parts, capabilities))
    ]
    if request.output is not None and Capability.STRUCTURED_OUTPUT not in capabilities:
        missing.append("output types")
    if missing:
        raise UnsupportedError(
            f"{provider} does not support {', '.join(missing)}; leave them out or use another model"
        )


def _unclaimed(parts: tuple[Part, ...], capabilities: frozenset[Capability]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, ToolResult):
            yield from _unclaimed(part.content, capabilities)
        elif type(part) in _MEDIA:
            capability, what = _MEDIA[type(part)]
            if capability not in capabilities:
                yield what
