"""Checks a request against the features of the model, before it is encoded.

Unsupported features are refused in one error, or omitted with one warning each.
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

_REASONING_TOOLS = "tools with reasoning"


class Unsupported(msgspec.Struct, frozen=True):
    """A feature that a model does not support.

    Attributes:
        what: Its description, such as "reasoning_effort='minimal'".
        setting: The setting to omit, if it is one.
        hint: The supported values, if there are any.
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
    """Return the part of the request that the model supports, and warnings about the rest.

    Media are moved to places in which the model accepts them: see `Profile`. Text files and audio
    with a transcript become text if there is no such place.

    Args:
        request: The request.
        profile: The features that the model supports.
        provider: The provider's name, for messages.
        on_unsupported: "error" refuses unsupported features, "warn" omits them and replaces media
            by a line of text.
        remedies: Setting, or "tools with reasoning", to the option of the model with which it is
            supported.

    Raises:
        UnsupportedError: Features are not supported, and `on_unsupported` is "error". The message
            lists them all.
    """
    placed = place_media(request.messages, profile)
    unsupported: list[Unsupported] = []
    is_plain = request.settings is NO_SETTINGS and not request.tools and request.output is None
    if not is_plain:
        unsupported = [*_settings(request.settings, profile)]
        if request.output is not None and not profile.output_types:
            unsupported.append(Unsupported("output types"))
        settings = request.settings
        if omitted := {each.setting: None for each in unsupported if each.setting}:
            settings = msgspec.structs.replace(settings, **omitted)
        unsupported += _tools(request, settings, profile)
    if on_unsupported == "error" and (unsupported or placed.replaced):
        media = (Unsupported(item.what, hint=item.hint) for item in placed.replaced)
        raise _refusal([*unsupported, *media], provider, remedies or {})
    if not is_plain:
        request = _without(request, unsupported, profile) if unsupported else request
        request = _without_implied(request, profile)
    if placed.messages is not request.messages:
        request = msgspec.structs.replace(request, messages=placed.messages)
    return request, (
        *(f"{provider} does not support {item.what}: omitted" for item in unsupported),
        *(f"{provider} does not support {item.what}: omitted" for item in placed.omitted),
        *(
            f"{provider} does not support {item.what}: replaced by a line of text"
            for item in (*placed.replaced, *placed.noted)
        ),
    )


def refuse_unsupported(
    settings: Settings, profile: Profile, /, *, provider: str, remedies: Mapping[str, str]
) -> None:
    """Check that the model supports all settings; a call can still choose to reason or not.

    Raises:
        UnsupportedError: Some are not supported; the message lists them all.
    """
    if settings is NO_SETTINGS:
        return
    profile = msgspec.structs.replace(profile, reasons_by_default=False)
    if unsupported := list(_settings(settings, profile)):
        raise _refusal(unsupported, provider, remedies)


def _settings(settings: Settings, profile: Profile) -> Iterator[Unsupported]:
    """Find settings that are unsupported alone, then with reasoning, then with other settings."""
    if settings is NO_SETTINGS:
        return
    remaining = settings.chosen()
    for name, value in list(remaining.items()):
        if profile.settings is not None and name not in profile.settings:
            del remaining[name]
            yield Unsupported(name, name)
        elif (hint := _outside(name, value, profile)) is not None:
            del remaining[name]
            yield Unsupported(f"{name}={value!r}", name, hint)
    chosen = Settings(**remaining)
    if _reasons(chosen, profile):
        hint = "" if chosen.reasons else _without_reasoning(profile)
        for name, values in profile.not_with_reasoning.items():
            if name in remaining and remaining[name] not in values:
                del remaining[name]
                yield Unsupported(f"{name} with reasoning", name, hint)
    for first, *others in profile.exclusive:
        for name in others:
            if first in remaining and remaining.pop(name, None) is not None:
                yield Unsupported(f"{name} with {first}", name)


def _reasons(settings: Settings, profile: Profile) -> bool:
    """Check whether the model reasons, with its default if the settings do not choose."""
    if settings.reasoning_effort is None and settings.reasoning_budget is None:
        return profile.reasons_by_default
    return settings.reasons


def _without_reasoning(profile: Profile) -> str:
    """Return the setting that switches reasoning off, if the model has it."""
    default = "the default; " if profile.reasons_by_default else ""
    efforts = profile.values.get("reasoning_effort", ("none",))
    return f"{default}reasoning_effort='none' switches it off" if "none" in efforts else ""


def _outside(name: str, value: Any, profile: Profile) -> str | None:
    """Return the supported values if a value is not among them."""
    values = profile.values.get(name)
    if values is not None and value not in values:
        return "supported: " + (", ".join(map(repr, values)) or "none")
    if name not in profile.ranges:
        return None
    minimum, maximum = profile.ranges[name]
    return None if minimum <= value <= maximum else f"supported: {minimum:g} to {maximum:g}"


def _tools(request: ChatRequest, settings: Settings, profile: Profile) -> Iterator[Unsupported]:
    if not request.tools:
        return
    if not profile.tools:
        yield Unsupported("tools")
        return
    if not profile.tools_with_reasoning and _reasons(settings, profile):
        yield Unsupported(_REASONING_TOOLS, hint=_without_reasoning(profile))
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
    elif choice.mode not in profile.tool_choices_with_reasoning and settings.reasons:
        yield Unsupported(f"tool_choice {choice.name or choice.mode!r} with reasoning")


def _refusal(
    unsupported: list[Unsupported], provider: str, remedies: Mapping[str, str]
) -> UnsupportedError:
    options: dict[str, list[str]] = {}
    for each in unsupported:
        name = each.setting or each.what
        if name in remedies:
            options.setdefault(remedies[name], []).append(name)
    alternatives = [f"with {option} for {', '.join(names)}" for option, names in options.items()]
    alternatives.append('with on_unsupported="warn" to omit it with a warning')
    regardless = "; provider_options send the field unchecked" if unsupported[0].setting else ""
    listed = ", ".join(
        f"{each.what} ({each.hint})" if each.hint else each.what for each in unsupported
    )
    return UnsupportedError(
        f"{provider} does not support {listed}; omit it, or create the model "
        f"{', or '.join(alternatives)}{regardless}"
    )


def _without(request: ChatRequest, unsupported: list[Unsupported], profile: Profile) -> ChatRequest:
    names = dict.fromkeys(each.setting for each in unsupported if each.setting)
    changes: dict[str, Any] = {}
    if names:
        changes["settings"] = msgspec.structs.replace(request.settings, **names)
    if not profile.output_types:
        changes["output"] = None
    if not profile.tools or any(each.what == _REASONING_TOOLS for each in unsupported):
        changes |= {"tools": (), "tool_choice": None}
    elif any(not each.setting for each in unsupported):
        if not profile.strict_tools:
            changes["tools"] = tuple(
                msgspec.structs.replace(tool, strict=False) for tool in request.tools
            )
        if any(each.what.startswith("tool_choice") for each in unsupported):
            changes["tool_choice"] = None
    return msgspec.structs.replace(request, **changes)


def _without_implied(request: ChatRequest, profile: Profile) -> ChatRequest:
    """Omit settings that apply without being sent, and those that need tools."""
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
    remaining = msgspec.structs.replace(settings, **dict.fromkeys(names))
    return msgspec.structs.replace(request, settings=remaining)


def _can_call(request: ChatRequest) -> bool:
    """Report whether the model can call tools, including the vendor's own."""
    if request.tool_choice is not None and request.tool_choice.mode == "none":
        return False
    return request.has_tools
