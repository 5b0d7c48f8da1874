"""The request that another model gets when a policy passes a call on to it."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    NetworkError,
    Settings,
    StreamEnd,
    TextDelta,
    ToolChoice,
    UnsupportedError,
    assistant,
    image,
    user,
)
from chatmodels.core.extending import (
    CallInfo,
    Flow,
    NumberedMessages,
    OutputSchema,
    Policy,
    Profile,
    Send,
    StandardChatModel,
    ToolDefinition,
)

LITTLE = Profile(
    settings={"temperature": "temperature", "seed": "seed"},
    implied={"seed": (0,)},
    strict_tools=False,
    tool_choices=frozenset({"auto"}),
    user_media=(),
    result_media=(),
)
PICTURE = image(b"\x89PNG\r\n\x1a\n")
CLOCK = ToolDefinition("clock", "", {"type": "object"}, strict=True)
ASKED = ChatRequest(
    messages=(user("See.", PICTURE),),
    settings=Settings(temperature=0.5, seed=0, top_p=0.5),
    tools=(CLOCK,),
    tool_choice=ToolChoice("none"),
    output=OutputSchema("any", None),
    provider_options={"a": 1},
)
SHAPES: dict[str, Callable[..., Any]] = {
    "generate": lambda model, request: model.generate(request),
    "agenerate": lambda model, request: model.agenerate(request),
    "stream": lambda model, request: model.stream(request).collect(),
    "astream": lambda model, request: model.astream(request).collect(),
}


TYPED: dict[str, Callable[..., Any]] = {
    "generate": lambda model: model.generate("Hi", output_type=int),
    "agenerate": lambda model: model.agenerate("Hi", output_type=int),
    "stream": lambda model: model.stream("Hi", output_type=int).collect(),
    "astream": lambda model: model.astream("Hi", output_type=int).collect(),
}


class Model(StandardChatModel):
    """Keeps the requests that reach it; some models fail."""

    def __init__(self, name: str, *, fails: bool = False, text: str = "Hi", **options: Any) -> None:
        super().__init__("acme", name, on_unsupported="warn", **options)
        self.fails = fails
        self.text = text
        self.got: list[ChatRequest] = []

    def respond(self, request, call):
        self.got.append(request)
        if self.fails:
            raise NetworkError("reset")
        return ChatResponse(message=assistant(self.text))

    def events(self, request, call):
        self.got.append(request)
        if self.fails:
            raise NetworkError("reset")
        yield TextDelta(self.text)
        yield StreamEnd()


def failing_over(
    fallback: Any, change: Callable[[ChatRequest], ChatRequest] = lambda request: request
) -> Policy:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        changed = change(request)
        try:
            return (yield Send(changed))
        except NetworkError:
            return (yield Send(changed, fallback))

    return policy


def longer(request: ChatRequest) -> ChatRequest:
    return replace(request, messages=(*request.messages, user("Be brief.")))


async def call(shape: str, model: Model, request: ChatRequest = ASKED) -> ChatResponse[Any]:
    response = SHAPES[shape](model, request)
    return await response if inspect.isawaitable(response) else response


@pytest.mark.parametrize("shape", SHAPES)
async def test_another_model_receives_features_that_the_own_model_does_not_support(
    shape: str,
) -> None:
    fallback = Model("fallback")
    model = Model("large", fails=True, profile=LITTLE, policies=[failing_over(fallback)])

    response = await call(shape, model)

    assert model.got[0] != ASKED
    assert fallback.got == [ASKED]
    assert response.warnings == ()


@pytest.mark.parametrize("shape", SHAPES)
async def test_another_model_has_its_own_default_settings(shape: str) -> None:
    fallback = Model("fallback", settings=Settings(temperature=0.9))
    model = Model(
        "large",
        fails=True,
        settings=Settings(temperature=0.1, max_output_tokens=10),
        policies=[failing_over(fallback)],
    )

    await call(shape, model, ChatRequest(messages=(user("Hi"),), settings=Settings(seed=1)))

    assert model.got[0].settings == Settings(temperature=0.1, max_output_tokens=10, seed=1)
    assert fallback.got[0].settings == Settings(temperature=0.9, seed=1)


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_response_has_the_warnings_of_the_model_that_generated_it(shape: str) -> None:
    fallback = Model("fallback", profile=Profile(settings={"top_p": "top_p", "seed": "seed"}))
    model = Model("large", fails=True, profile=LITTLE, policies=[failing_over(fallback)])

    response = await call(shape, model)

    assert response.warnings == ("acme does not support temperature: omitted",)
    assert fallback.got[0].settings == Settings(seed=0, top_p=0.5)


@pytest.mark.parametrize("shape", SHAPES)
async def test_fields_and_settings_that_a_policy_does_not_change_are_those_of_the_caller(
    shape: str,
) -> None:
    fallback = Model("fallback")
    model = Model(
        "large",
        fails=True,
        profile=LITTLE,
        policies=[
            failing_over(
                fallback,
                lambda request: replace(
                    request,
                    settings=replace(request.settings, temperature=0.1),
                    provider_options={"b": 2},
                ),
            )
        ],
    )

    response = await call(shape, model)

    settings = replace(ASKED.settings, temperature=0.1)
    assert fallback.got == [replace(ASKED, settings=settings, provider_options={"b": 2})]
    assert response.warnings == ()


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_policy_receives_complete_messages(shape: str) -> None:
    fallback = Model("fallback")
    model = Model("large", fails=True, profile=LITTLE, policies=[failing_over(fallback, longer)])

    response = await call(shape, model)

    assert fallback.got == [longer(ASKED)]
    assert [message.text for message in model.got[0].messages[1:]] == ["Be brief."]
    assert "an image" in model.got[0].messages[0].parts[1].text  # type: ignore[union-attr] - the line
    assert response.warnings == ()


@pytest.mark.parametrize("shape", SHAPES)
async def test_unsupported_changes_of_a_policy_are_omitted(
    shape: str,
) -> None:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(replace(request, settings=Settings(temperature=0.5, top_k=3))))

    model = Model("large", profile=LITTLE, policies=[policy])

    response = await call(shape, model, ChatRequest(messages=(user("Hi"),)))

    assert model.got[0].settings == Settings(temperature=0.5)
    assert response.warnings == ("acme does not support top_k: omitted",)


async def test_changes_of_a_policy_that_the_model_does_not_support_are_refused() -> None:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(replace(request, settings=Settings(top_k=3))))

    model = Refusing("acme", "large", profile=LITTLE, policies=[policy])

    with pytest.raises(UnsupportedError, match="top_k"):
        model.generate("Hi")


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_last_request_decides_which_warnings_a_response_has(shape: str) -> None:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(replace(request, settings=Settings(top_k=3)))
        return (yield Send(request))

    model = Model("large", profile=LITTLE, policies=[policy])
    request = ChatRequest(messages=(user("Hi"),), settings=Settings(top_p=0.5))

    response = await call(shape, model, request)

    assert response.warnings == ("acme does not support top_p: omitted",)


@pytest.mark.parametrize("shape", SHAPES)
async def test_output_that_only_the_other_model_supports_is_parsed(shape: str) -> None:
    fallback = Model("fallback", text='{"value": 7}')
    profile = replace(LITTLE, output_types=False)
    model = Model("large", fails=True, profile=profile, policies=[failing_over(fallback)])

    response = TYPED[shape](model)
    response = await response if inspect.isawaitable(response) else response

    assert response.parsed == 7
    assert response.warnings == ()


async def test_a_fully_supported_request_is_passed_on_unchanged() -> None:
    changed = ChatRequest(messages=(user("Hello"),))
    fallback = Model("fallback")
    policies = [failing_over(fallback, lambda request: changed)]
    request = ChatRequest(messages=(user("Hi"),))

    await call("generate", Model("large", fails=True, policies=policies), request)

    assert fallback.got == [changed]
    assert fallback.got[0] is not request


def test_a_policy_receives_the_full_request_and_can_read_its_supported_part() -> None:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        assert request is call.full_request
        assert request.settings == Settings(top_p=0.5)
        assert call.request.settings == Settings()
        return (yield Send(request))

    model = Model("large", profile=LITTLE, policies=[policy])
    model.generate("Hi", top_p=0.5)
    assert model.got[0].settings == Settings()


def test_only_the_model_that_generated_the_response_warns_of_a_missing_call() -> None:
    request = replace(ASKED, tool_choice=ToolChoice("required"))
    fallback = Model("fallback")
    model = Model("large", fails=True, policies=[failing_over(fallback)])
    response = model.generate(replace(request, output=None))
    assert len(response.warnings) == 1


def test_positions_of_messages_are_preserved_for_another_model() -> None:
    model = Refusing("acme", "small", profile=LITTLE)
    messages = NumberedMessages([user("Hi"), user(PICTURE)], [0, 4])
    with pytest.raises(UnsupportedError, match="message 4"):
        model.generate(ChatRequest(messages=messages))


class Refusing(StandardChatModel):
    """Refuses what it does not support, and does not get as far as a response."""

    def respond(self, request, call):
        raise AssertionError
