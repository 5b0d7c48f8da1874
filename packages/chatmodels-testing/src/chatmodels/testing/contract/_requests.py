"""Checks of requests: the vendor reads what the caller asked for.

The simulator describes each request in neutral terms, independent of the provider's code.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
    UnsupportedError,
    assistant,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import Capability, StandardChatModel, ToolDefinition
from chatmodels.testing._sent.sent_request import SentRequest
from chatmodels.testing.contract._calls import OSLO, ROME, WEATHER, Primes
from chatmodels.testing.contract._contract import CheckContext, failure
from chatmodels.testing.contract._settings import SETTINGS

_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg=="
)
"""A white pixel as PNG, which all vendors with images accept."""

MEDIA: Mapping[Capability, ImagePart | AudioPart | FilePart] = {
    Capability.VISION: ImagePart(data=_PIXEL, media_type="image/png"),
    Capability.AUDIO_INPUT: AudioPart(data=b"RIFF", media_type="audio/wav"),
    Capability.DOCUMENTS: FilePart(data=b"%PDF-1.4", media_type="application/pdf", name="a.pdf"),
}
"""A part for each capability of input, which every vendor with the capability accepts."""

TIDE = ToolDefinition(
    "tide",
    "Return the height of the tide in a port.",
    {
        "type": "object",
        "properties": {"port": {"type": "string"}, "hour": {"type": "integer"}},
        "required": ["port", "hour"],
        "additionalProperties": False,
    },
)
_QUESTION = user("How is the weather in Oslo and in Rome?")


def messages_arrive_with_their_roles(context: CheckContext) -> None:
    """Each message is sent in its role, in order: the rules of the system are not a user's."""
    conversation = [
        system("Count in steps of three."),
        user("Begin with one."),
        assistant("One."),
        user("Continue."),
    ]
    expected = [(message.role, message.text) for message in conversation]
    sent = _sent(context, conversation)
    arrived = [(message.role, message.text) for message in sent.messages]
    assert arrived == expected, (
        f"each message has to be sent in its role and in order, but {expected} was sent as "
        f"{arrived}; check how encode() writes the role of a message"
    )


def names_of_speakers_arrive(context: CheckContext) -> None:
    """The name of a speaker arrives if the wire format has a field for it."""
    if not context.features.speakers:
        return
    sent = _sent(context, [Message("user", (TextPart("Count."),), name="Ada")])
    names = [message.name for message in sent.messages]
    assert names == ["Ada"], (
        f"a message of the speaker 'Ada' was sent with the name {names[0]!r}; send Message.name, "
        "or exempt the check if the vendor refuses names"
    )


def media_arrive_unchanged(context: CheckContext) -> None:
    """Images, audio and documents arrive with the same bytes, beside the text."""
    for capability, part in MEDIA.items():
        if capability not in context.metadata.capabilities:
            continue
        sent = _sent(context, [user("What is this?", part)], optional=True)
        if not sent.messages:  # another API of the provider accepts it
            continue
        arrived = [
            each for each in sent.parts if isinstance(each, ImagePart | AudioPart | FilePart)
        ]
        found = [each.data for each in arrived]
        assert found == [part.data], (
            f"{capability} is claimed, so {part!r} has to be sent, but the request has "
            f"{arrived or 'no media'}; encode the part, or do not claim the capability"
        )
        assert "What is this?" in "".join(message.text for message in sent.messages), (
            f"the text beside a part of the type {part.type!r} was lost; encode all parts"
        )


def the_detail_of_an_image_arrives(context: CheckContext) -> None:
    """The level of detail of an image is sent if the wire format has a field for it."""
    if Capability.VISION not in context.metadata.capabilities:
        return
    if not context.features.image_detail:
        return
    part = ImagePart(data=_PIXEL, media_type="image/png", detail="low")
    sent = _sent(context, [user("What is this?", part)])
    details = [each.detail for each in sent.parts if isinstance(each, ImagePart)]
    assert details == ["low"], (
        f"an image with detail='low' was sent with the detail {details}; send ImagePart.detail"
    )


def tools_arrive_with_descriptions_and_schemas(context: CheckContext) -> None:
    """Each tool arrives with its name, its description and the schema of its arguments."""
    if Capability.TOOLS not in context.metadata.capabilities:
        return
    sent = _sent(context, "How is the weather?", tools=[WEATHER, TIDE])
    _assert_tools(sent, [WEATHER, TIDE])
    if Capability.STRICT_TOOLS in context.metadata.capabilities:
        strict = msgspec.structs.replace(WEATHER, strict=True)
        sent = _sent(context, "How is the weather?", tools=[strict])
        assert [tool.strict for tool in sent.tools] == [True], (
            "a strict tool was not sent as strict; send ToolDefinition.strict, or do not claim "
            "the capability 'strict_tools'"
        )


def the_tool_choice_arrives(context: CheckContext) -> None:
    """Each tool choice arrives, or is refused."""
    if Capability.TOOLS not in context.metadata.capabilities:
        return
    for choice in (
        ToolChoice("auto"),
        ToolChoice("none"),
        ToolChoice("required"),
        ToolChoice("tool", "tide"),
    ):
        sent = _sent(
            context,
            "How is the weather?",
            tools=[WEATHER, TIDE],
            tool_choice=choice,
            optional=True,
        )
        if sent.messages:
            assert _is_chosen(choice, sent), (
                f"{choice!r} was asked for, but the request has {sent.tool_choice!r} with the "
                f"tools {[tool.name for tool in sent.tools]}; encode it, or leave its mode out of "
                "Profile.tool_choices, so that it is refused"
            )


def the_output_schema_arrives(context: CheckContext) -> None:
    """The schema of the output is sent, as such or as a tool that has to be called."""
    if Capability.STRUCTURED_OUTPUT not in context.metadata.capabilities:
        return
    sent = _sent(context, "Count.", reply='{"primes": [2], "complete": true}', output_type=Primes)
    tools = [tool.parameters for tool in sent.tools]
    schemas = tools if sent.output is None else [sent.output.schema]
    properties = [set((schema or {}).get("properties", ())) for schema in schemas]
    assert properties == [{"primes", "complete"}], (
        "an output type was asked for, but its schema did not arrive: the request has "
        f"{sent.output!r} and the tools {tools}; send OutputSchema.schema"
    )
    if sent.output is None:
        assert sent.tool_choice is not None, "the tool of an output type need not be called"
        assert sent.tool_choice.mode in {"required", "tool"}, "the tool need not be called"
    elif context.features.strict_output and _claims_strict(context):
        assert sent.output.strict, (
            "the schema of the output is not strict, although the profile has native_output "
            "'strict'; send OutputSchema.strict"
        )


def calls_and_results_of_the_history_arrive(context: CheckContext) -> None:
    """Calls arrive with their arguments, and results with the ids of their calls."""
    if Capability.TOOLS not in context.metadata.capabilities:
        return
    results = [tool_result(OSLO, "rain"), tool_result(ROME, "no station", is_error=True)]
    conversation = [_QUESTION, assistant("Let me look.", OSLO, ROME), *results]
    sent = _sent(context, conversation, tools=[WEATHER])
    calls = [part for part in sent.parts if isinstance(part, ToolCall)]
    arrived = [(call.name, call.arguments) for call in calls]
    expected = [(call.name, call.arguments) for call in (OSLO, ROME)]
    assert arrived == expected, (
        f"the history has the calls {expected}, but the request has {arrived}; encode the tool "
        "calls of assistant messages"
    )
    given = [part for part in sent.parts if isinstance(part, ToolResult)]
    ids = [call.id for call in calls]
    assert [result.id for result in given] == ids, (
        f"the results have the ids {[result.id for result in given]}, and their calls {ids}; "
        "encode each ToolResult with its id, in order"
    )
    assert len(set(ids)) == 2 or set(ids) == {""}, (
        f"two calls have the ids {ids}, so that their results are confused; send ToolCall.id"
    )
    texts = [result.text for result in given]
    assert ["rain" in texts[0], "no station" in texts[1]] == [True, True], (
        f"the results 'rain' and 'no station' arrived as {texts}; encode the texts of ToolResult"
    )
    texts_beside = [message.text for message in sent.messages if message.role == "assistant"]
    assert "".join(texts_beside) == "Let me look.", (
        f"the text beside the calls arrived as {texts_beside}; encode it as well"
    )
    if context.features.result_errors:
        assert [result.is_error for result in given] == [False, True], (
            "a failed tool is not marked, so that the model takes the reason for a result; encode "
            "ToolResult.is_error"
        )


def settings_arrive_in_their_fields(context: CheckContext) -> None:
    """Each accepted setting arrives in the field of the wire format, with its value."""
    model, lost = context.model(), dict[str, Any]()
    for name in sorted(context.features.settings):
        options = {name: SETTINGS[name]}
        if name == "top_logprobs":
            options["logprobs"] = True
        before = len(context.simulator.sent_requests)
        error = failure(lambda options=options: model.generate("?", tools=[WEATHER], **options))
        if isinstance(error, UnsupportedError):
            continue
        assert error is None, f"the setting {name} fails: {error!r}"
        sent = context.simulator.sent_requests[before:]
        arrived = sent[-1].settings.get(name)
        if not _is_equal(arrived, SETTINGS[name]):
            lost[name] = arrived
    assert not lost, (
        "these settings are accepted, but have another value in their fields, or none: "
        f"{lost}; check the fields that Profile.settings names, and that encode() fills them"
    )


def reasoning_is_sent_back(context: CheckContext) -> None:
    """Reasoning with state of the vendor is part of the next request."""
    if not context.features.reasoning:
        return
    model = context.model((ReasoningPart("The moon pulls."), "Tides."), "Twice a day.")
    first = model.generate("Why?")
    signed = [
        part
        for part in first.message.parts
        if isinstance(part, ReasoningPart) and part.signature is not None
    ]
    model.generate([user("Why?"), first.message, user("How often?")])
    sent = context.simulator.sent_requests[-1]
    returned = [part.text for part in sent.parts if isinstance(part, ReasoningPart)]
    if signed:
        assert returned == ["The moon pulls."], (
            "the response had reasoning with a signature, which the vendor needs back, but the "
            f"next request has {returned or 'no reasoning'}; encode ReasoningPart, or read it "
            "without a signature"
        )


def _sent(
    context: CheckContext,
    prompt: str | Sequence[Message],
    *,
    reply: str = "Yes.",
    optional: bool = False,
    **options: Any,
) -> SentRequest:
    """Make a call and return its request; an empty one if it is refused and that is allowed."""
    error = failure(lambda: context.model(reply).generate(prompt, **options))
    if isinstance(error, UnsupportedError) and optional:
        return SentRequest(messages=())
    assert error is None, (
        f"a call with {', '.join(options) or 'messages'} fails, although the metadata claim its "
        f"capabilities: {error!r}"
    )
    return context.simulator.sent_requests[-1]


def _assert_tools(sent: SentRequest, expected: Sequence[ToolDefinition]) -> None:
    names = [tool.name for tool in sent.tools]
    assert names == [tool.name for tool in expected], (
        f"the tools {[tool.name for tool in expected]} were sent as {names}; encode all tools "
        "in order"
    )
    for tool, arrived in zip(expected, sent.tools, strict=True):
        assert arrived.description == tool.description, (
            f"the description of the tool {tool.name!r} arrived as {arrived.description!r}, so "
            "that the model cannot know when to call it; send ToolDefinition.description"
        )
        for keyword in ("properties", "required"):
            wanted, found = tool.parameters[keyword], arrived.parameters.get(keyword)
            assert set(found or ()) == set(wanted), (
                f"the schema of the tool {tool.name!r} has {keyword} {sorted(wanted)}, but was "
                f"sent as {arrived.parameters}; send ToolDefinition.parameters"
            )


def _is_chosen(choice: ToolChoice, sent: SentRequest) -> bool:
    names, found = [tool.name for tool in sent.tools], sent.tool_choice
    mode = None if found is None else found.mode
    match choice.mode:
        case "auto":
            return mode in {None, "auto"} and len(names) == 2
        case "none":
            return mode == "none" or not names
        case "required":
            return mode == "required" and len(names) == 2
        case _:
            return found == choice or (mode == "required" and names == [choice.name])


def _claims_strict(context: CheckContext) -> bool:
    model = context.model()
    return isinstance(model, StandardChatModel) and "strict" in model.profile.native_output


def _is_equal(arrived: Any, expected: Any) -> bool:
    """Compare values as JSON, in which a tuple is a list and numbers have one type."""
    if isinstance(expected, tuple):
        expected = list(expected)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return bool(arrived == expected)


HTTP_CHECKS = (
    messages_arrive_with_their_roles,
    names_of_speakers_arrive,
    media_arrive_unchanged,
    the_detail_of_an_image_arrives,
    tools_arrive_with_descriptions_and_schemas,
    the_tool_choice_arrives,
    the_output_schema_arrives,
    calls_and_results_of_the_history_arrive,
    settings_arrive_in_their_fields,
    reasoning_is_sent_back,
)
