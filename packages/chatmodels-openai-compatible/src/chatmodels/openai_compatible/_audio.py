"""Assembles audio output, whole or chunk by chunk."""

import base64

from chatmodels.core import AudioDelta, AudioPart, ChatRequest, PartEnd, StreamEvent
from chatmodels.http.wire import warn
from chatmodels.openai_compatible._wire import WireAudio

AUDIO_INDEX = 3
"""The event index of audio: reasoning, text and refusal have lower ones."""

_MEDIA_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/pcm"}


class AudioAssembler:
    """Collects the audio chunks of one response and returns events."""

    __slots__ = ("_data", "_expires_at", "_id", "_transcript")

    def __init__(self) -> None:
        self._id: str | None = None
        self._expires_at: int | None = None
        self._data: list[bytes] = []
        self._transcript: list[str] = []

    def feed(self, audio: WireAudio, warnings: list[str]) -> list[StreamEvent]:
        """Add one chunk; each is separately encoded in base64."""
        self._id = self._id or audio.id
        self._expires_at = self._expires_at or audio.expires_at
        data, transcript = _decode(audio.data, warnings), audio.transcript or ""
        if not data and not transcript:
            return []
        self._data.append(data)
        self._transcript.append(transcript)
        return [AudioDelta(data, transcript, AUDIO_INDEX)]

    def finish(self, request: ChatRequest) -> list[StreamEvent]:
        """Return the event with the whole audio, if there is any."""
        part = self.part(request)
        return [] if part is None else [PartEnd(part, AUDIO_INDEX)]

    def part(self, request: ChatRequest) -> AudioPart | None:
        """Return the whole audio; None if there is none, for which Snowflake sends empty values."""
        if not self._id and not self._data:
            return None
        requested = request.settings.audio_output
        encoding = "wav" if requested is None else requested.format
        return AudioPart(
            data=b"".join(self._data) or None,
            file_id=self._id or None,
            media_type=_MEDIA_TYPES.get(encoding, f"audio/{encoding}"),
            transcript="".join(self._transcript) or None,
            expires_at=self._expires_at or None,
        )


def _decode(data: str | None, warnings: list[str]) -> bytes:
    try:
        return base64.b64decode(data or "")
    except ValueError as error:
        warn(f"audio was omitted as unreadable: {error}", warnings)
        return b""
