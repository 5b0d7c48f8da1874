"""Spoken output, whole and in pieces."""

import base64

from chatmodels.core import AudioDelta, AudioPart, ChatRequest, PartEnd, StreamEvent
from chatmodels.http.wire import warn
from chatmodels.openai_compatible._wire import WireAudio

SOUND_INDEX = 3
"""The event index of sound: reasoning, text and refusal come before."""

_MEDIA_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/pcm"}


class SoundAssembler:
    """Takes the pieces of one answer's sound in and gives events."""

    __slots__ = ("_data", "_expires_at", "_id", "_transcript")

    def __init__(self) -> None:
        self._id: str | None = None
        self._expires_at: int | None = None
        self._data: list[bytes] = []
        self._transcript: list[str] = []

    def feed(self, audio: WireAudio, warnings: list[str]) -> list[StreamEvent]:
        """Take in one piece; each is base64 of its own."""
        self._id = self._id or audio.id
        self._expires_at = self._expires_at or audio.expires_at
        data, transcript = _decoded(audio.data, warnings), audio.transcript or ""
        if not data and not transcript:
            return []
        self._data.append(data)
        self._transcript.append(transcript)
        return [AudioDelta(data, transcript, SOUND_INDEX)]

    def finish(self, request: ChatRequest) -> list[StreamEvent]:
        """Give the whole of it, if there was any."""
        part = self.part(request)
        return [] if part is None else [PartEnd(part, SOUND_INDEX)]

    def part(self, request: ChatRequest) -> AudioPart | None:
        """Give the whole of it; Snowflake sends an object of empty values where there is none."""
        if not self._id and not self._data:
            return None
        wanted = request.settings.audio_output
        encoding = "wav" if wanted is None else wanted.format
        return AudioPart(
            data=b"".join(self._data) or None,
            file_id=self._id or None,
            media_type=_MEDIA_TYPES.get(encoding, f"audio/{encoding}"),
            transcript="".join(self._transcript) or None,
            expires_at=self._expires_at or None,
        )


def _decoded(data: str | None, warnings: list[str]) -> bytes:
    try:
        return base64.b64decode(data or "")
    except ValueError as error:
        warn(f"sound was left out as not readable: {error}", warnings)
        return b""
