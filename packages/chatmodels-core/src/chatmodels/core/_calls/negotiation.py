"""Compares a request with what the model supports, before it is encoded.

Everything that is not supported is refused at once, or left out with one warning each.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from chatmodels.core._calls.media import place_media
from chatmodels.core._errors.classes import UnsupportedError
from chatmodels.core._values.profile import Profile
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.settings import NO_SETTINGS, Settings

OnUnsupported = Literal["error", "warn"]


class Unsupported(msgspec.Struct, frozen=True):
    """One thing that a model does not support.

    Attributes:
        what: Its description, as in "reasoning_effort='minimal'".
        setting: The setting to leave out, if it is one.
        hint: The supported values, if there are some.
    """

    what: str
    setting: str = ""
    hint: str = ""


def negotiate(
    request: ChatRequest,
    profile: Profile,
    /,
    *,
    provider: str,
    on_unsupported: OnUnsupported = "error",
    remedies: Mapping[str, str] | None = None,
) -> tuple[ChatRequest, tuple[str, ...]]:
    """Return the request as the model supports it, and the warnings about what was left out.

    Media go where the model accepts them: see `Profile`. Text files and audio with a transcript
    become texts if there is no place for them.

    Args:
        request: The request.
        profile: The abilities of the model.
        provider: The provider's name, for messages.
        on_unsupported: "error" refuses what is not supported, "warn" leaves it out. In place of a
            medium there is a line of text then.
        remedies: Setting to the option of the model under which it is supported.

    Raises:
        UnsupportedError: Something is not supported, and `on_unsupported` is "error". The message
            lists everything.
    """
    placed = place_media(request.messages, profile)
    found: list[Unsupported] = []
    plain = request.settings is NO_SETTINGS and not request.tools and request.output is None
    if not plain:
        found = [*_settings(request.settings, profile)]
        if request.output is not None and not profile.output_types:
            found.append(Unsupported("output types"))
        found += _tools(request, profile)
    if on_unsupported == "error" and (found or placed.replaced):
        media = (Unsupported(each.what, hint=each.hint) for each in placed.replaced)
        raise _refusal([*found, *media], provider, remedies or {})
    if not plain:
        request = _without(request, found, profile) if found else request
        request = _without_implied(request, profile)
    if placed.messages is not request.messages:
        request = msgspec.structs.replace(request, messages=placed.messages)
    return request, (
        *(f"{provider} does not support {each.what}: left out" for each in found),
        *(f"{provider} does not support {each.what}: left out" for each in placed.omitted),
        *(
            f"{provider} does not support {each.what}: replaced by a line of text"
            for each in placed.replaced
        ),
    )


def refuse_unsupported(
    settings: Settings, profile: Profile, /, *, provider: str, remedies: Mapping[str, str]
) -> None:
    """Refuse settings that the model does not support.

    Raises:
        UnsupportedError: There are some; the message lists them all.
    """
    if settings is not NO_SETTINGS and (found := list(_settings(settings, profile))):
        raise _refusal(found, provider, remedies)


def _settings(settings: Settings, profile: Profile) -> Iterator[Unsupported]:
    """Find what is not supported by itself, then beside reasoning, then beside other settings."""
    if settings is NO_SETTINGS:
        return
    kept = settings.chosen()
    for name, value in list(kept.items()):
        if profile.settings is not None and name not in profile.settings:
            del kept[name]
            yield Unsupported(name, name)
        elif (hint := _outside(name, value, profile)) is not None:
            del kept[name]
            yield Unsupported(f"{name}={value!r}", name, hint)
    if Settings(**kept).reasons:
        for name, values in profile.not_with_reasoning.items():
            if name in kept and kept[name] not in values:
                del kept[name]
                yield Unsupported(f"{name} beside reasoning", name)
    for first, *others in profile.exclusive:
        for name in others:
            if first in kept and kept.pop(name, None) is not None:
                yield Unsupported(f"{name} beside {first}", name)


def _outside(name: str, value: Any, profile: Profile) -> str | None:
    """Return the supported values if a value is not one of them."""
    values = profile.values.get(name)
    if values is not None and value not in values:
        return "supported: " + (", ".join(map(repr, values)) or "none")
    if name not in profile.ranges:
        return None
    least, most = profile.ranges[name]
    return None if least <= value <= most else f"supported: {least:g} to {most:g}"


def _tools(request: ChatRequest, profile: Profile) -> Iterator[Unsupported]:
    if not request.tools:
        return
    if not profile.tools:
        yield Unsupported("tools")
        return
    if not profile.strict_tools:
        yield from (
            Unsupported(f"strict in the tool {tool.name!r}")
            for tool in request.tools
            if tool.strict
        )
    choice = request.tool_choice
    if choice is None:
        return
    if choice.mode not in profile.tool_choices:
        yield Unsupported(f"tool_choice {choice.name or choice.mode!r}")
    elif choice.mode not in profile.tool_choices_with_reasoning and request.settings.reasons:
        yield Unsupported(f"tool_choice {choice.name or choice.mode!r} beside reasoning")


def _refusal(
    found: list[Unsupported], provider: str, remedies: Mapping[str, str]
) -> UnsupportedError:
    options: dict[str, list[str]] = {}
    for each in found:
        if each.setting in remedies:
            options.setdefault(remedies[each.setting], []).append(each.setting)
    ways = [f"with {option} for {', '.join(names)}" for option, names in options.items()]
    ways.append('with on_unsupported="warn" to have it left out with a warning')
    in_any_case = "; provider_options send a field in any case" if found[0].setting else ""
    listed = ", ".join(f"{each.what} ({each.hint})" if each.hint else each.what for each in found)
    return UnsupportedError(
        f"{provider} does not support {listed}; leave it out, or create the model "
        f"{', or '.join(ways)}{in_any_case}"
    )


def _without(request: ChatRequest, found: list[Unsupported], profile: Profile) -> ChatRequest:
    names = dict.fromkeys(each.setting for each in found if each.setting)
    changes: dict[str, Any] = {}
    if names:
        changes["settings"] = msgspec.structs.replace(request.settings, **names)
    if not profile.output_types:
        changes["output"] = None
    if not profile.tools:
        changes |= {"tools": (), "tool_choice": None}
    elif any(not each.setting for each in found):
        if not profile.strict_tools:
            changes["tools"] = tuple(
                msgspec.structs.replace(tool, strict=False) for tool in request.tools
            )
        if any(each.what.startswith("tool_choice") for each in found):
            changes["tool_choice"] = None
    return msgspec.structs.replace(request, **changes)


def _without_implied(request: ChatRequest, profile: Profile) -> ChatRequest:
    """Leave out what holds without being sent."""
    settings = request.settings
    if settings is NO_SETTINGS:
        return request
    names = [name for name, values in profile.implied.items() if getattr(settings, name) in values]
    names += [
        name
        for name in profile.needs_tools
        if getattr(settings, name) is not None and not _can_call(request)
    ]
    if not names:
        return request
    kept = msgspec.structs.replace(settings, **dict.fromkeys(names))
    return msgspec.structs.replace(request, settings=kept)


def _can_call(request: ChatRequest) -> bool:
    """Return whether the model can call tools, the vendor's own among them."""
    if request.tool_choice is not None and request.tool_choice.mode == "none":
        return False
    return request.has_tools
