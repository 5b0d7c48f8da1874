"""The rules of conversations, as the bodies of requests show them."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ImagePart,
    InvalidRequestError,
    Message,
    Part,
    PartEnd,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    StreamEnd,
    StreamEvent,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallEnd,
    ToolResult,
    assistant,
    system,
    to_json,
    tool_result,
    user,
)
from chatmodels.core.extending import (
    AcceptedMedia,
    CallInfo,
    Profile,
    ProviderMetadata,
    ProviderOptions,
    ProviderState,
    numbered,
)
from chatmodels.http import (
    ANY_ID,
    Codec,
    ConversationRules,
    Encode,
    Frame,
    HttpChatModel,
    HttpRequest,
    IdForm,
    endpoint_of,
    everywhere,
    standard_failure,
)

METADATA = ProviderMetadata(name="acme", description="", distribution="acme")
ANY = Profile()
MOVING = Profile(user_media=(AcceptedMedia(kind="image"),), result_media=())
OPTIONS = ProviderPart(ProviderState("acme", {"cache": True}))
STRICT = IdForm("[a-z0-9_]{1,20}", 20)


def encode(model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
    body = msgspec.json.decode(to_json(request.messages))
    return HttpRequest(path="/stream" if stream else "/chat", body=msgspec.json.encode(body))


class Signing:
    """Signs everything, in a stream after its first delta."""

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        return [TextDelta("Hi")] if frame.data == b"0" else self.whole(frame.data)

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        signature = ProviderState("acme", {"s": 1})
        return [
            PartEnd(TextPart("Hi", signature=signature)),
            PartEnd(RefusalPart("No."), 1),
            ToolCallEnd(ToolCall("a", "f", "{}", signature), 2),
            ToolCallEnd(ToolCall("b", "f", "{}"), 3),
            StreamEnd(finish_reason="stop"),
        ]

    def close(self) -> Sequence[StreamEvent]:
        raise AssertionError("the stream has its terminal event")


def signing(request: ChatRequest) -> Signing:
    return Signing()


def image_of(data: bytes) -> ImagePart:
    return ImagePart(data=data, media_type="image/png")


def model(
    rules: ConversationRules,
    base_url: str = "https://acme.test/v1",
    encode: Encode = encode,
    profile: Profile = ANY,
) -> HttpChatModel:
    codec = Codec(
        profile=lambda model: profile,
        encode=encode,
        decoder=signing,
        failure=lambda failure: standard_failure(failure, "acme"),
        health=HttpRequest(path="/"),
        conversation=rules,
    )
    return HttpChatModel(METADATA, "large", codec, ProviderOptions(base_url=base_url))


def sent(*messages: Message, base_url: str = "https://acme.test/v1", **rules: Any) -> list[Message]:
    made = model(ConversationRules(**rules), base_url)
    value = made.explain(list(messages)).body["value"]
    return msgspec.convert(value, list[Message])


def calls(*ids: str) -> Message:
    return assistant(*(ToolCall(given, "f") for given in ids))


def ids_in(messages: list[Message]) -> list[str]:
    return [
        part.id
        for message in messages
        for part in message.parts
        if isinstance(part, ToolCall | ToolResult)
    ]


@pytest.mark.parametrize("form", [ANY_ID, STRICT], ids=["any", "strict"])
def test_an_id_that_returns_in_a_later_response_becomes_another(form: IdForm) -> None:
    turn = [calls("call_0"), tool_result("call_0", "x")]
    found = ids_in(sent(user("?"), *turn, *turn, *turn, ids=form))
    assert found[::2] == found[1::2]
    assert found[0] == "call_0"
    assert len(set(found)) == 3
    assert all(form.accepts(given) for given in found)


def test_ids_do_not_change_when_the_conversation_continues() -> None:
    turn = [calls("call_0"), tool_result("call_0", "x")]
    before = ids_in(sent(user("?"), *turn, *turn))
    assert ids_in(sent(user("?"), *turn, *turn, *turn))[:4] == before


def test_results_of_calls_with_the_same_id_are_matched_by_their_order() -> None:
    results = [tool_result("a", "1"), tool_result("a", "2"), tool_result("a", "3")]
    first, second, *answered = ids_in(sent(user("?"), calls("a", "a"), *results))
    assert first != second
    assert answered == [first, second, second]


@pytest.mark.parametrize(
    "given",
    [("a.b", "a:b"), ("x" * 90 + "1", "x" * 90 + "2"), ("\ud800", "?"), ("", "_")],
    ids=["letters", "length", "lone surrogate", "nothing"],
)
@pytest.mark.parametrize("form", [STRICT, IdForm("[A-Z2-7]{9}", 9)], ids=["long", "short"])
def test_ids_become_acceptable_and_stay_apart(given: tuple[str, str], form: IdForm) -> None:
    made = {form.made(each, 0) for each in given}
    assert len(made) == 2
    assert all(form.accepts(each) and len(each) <= form.length for each in made)


def test_an_id_that_collides_with_a_derived_one_is_replaced() -> None:
    made = STRICT.made("a.b", 0)
    found = ids_in(sent(user("?"), calls("a.b"), calls(made), tool_result(made, "x"), ids=STRICT))
    assert found[0] == made
    assert found[1] == found[2] != made


def test_a_result_without_its_call_keeps_its_id_if_it_is_accepted() -> None:
    found = ids_in(sent(user("?"), tool_result("known", "x"), tool_result("a.b", "x"), ids=STRICT))
    assert found == ["known", STRICT.made("a.b", 0)]


def test_calls_without_ids_stay_so_if_the_api_needs_none() -> None:
    assert ids_in(sent(user("?"), calls(""), calls(""), tool_result("", "x"))) == ["", "", ""]


def test_blank_texts_are_left_out_if_the_api_rejects_them() -> None:
    error = ToolResult("a", (TextPart(""),), is_error=True)
    image = ImagePart(data=b"png", media_type="image/png")
    mixed = ToolResult("a", (TextPart(" "), image, TextPart("b")))
    conversation = [
        system(""),
        user("Hello", "\n"),
        assistant(" ", RefusalPart("")),
        calls("a"),
        tool_result(error),
        tool_result(mixed),
        user(" "),
    ]
    assert sent(*conversation) == conversation
    assert sent(*conversation, blank_texts=False) == [
        user("Hello"),
        calls("a"),
        tool_result(ToolResult("a", (TextPart("(empty)"),), is_error=True)),
        tool_result(ToolResult("a", (image, TextPart("b")))),
        user(" "),  # the API rejects it
    ]


def test_results_in_a_users_message_become_messages_of_their_own() -> None:
    result, option = ToolResult("a", (TextPart("1"),)), ProviderPart(ProviderState("acme", {}))
    mixed = user(option, "Here:", result, option, "Go on.", option)
    assert sent(user("?"), calls("a"), mixed, calls("b"), user(result)) == [
        user("?"),
        calls("a"),
        Message("tool", (result, option)),
        user(option, "Here:", "Go on.", option),
        calls("b"),
        tool_result(result),
    ]


@pytest.mark.parametrize(
    ("conversation", "problem"),
    [
        ([user("?"), tool_result("a", "1")], "the result of 'a' has no call before it (message 1)"),
        ([user("?"), calls("a")], "the call 'a' has no result (message 1)"),
        (
            [user("?"), calls("a", "b", "b"), tool_result("b", "1"), user("Go on.")],
            "the call 'a' has no result (message 1); the call 'b' has no result (message 1)",
        ),
        (
            [calls("a"), calls("a"), tool_result("a", "1"), tool_result("c", "2")],
            "has no call before it (message 3); the call 'a' has no result (message 0)",
        ),
        ([tool_result("a", "1"), calls("a"), user(ToolResult("a"))], "(message 0); append"),
    ],
    ids=["result", "call", "one of several", "one id twice", "order"],
)
def test_unpaired_calls_and_results_raise_if_the_api_rejects_them(
    conversation: list[Message], problem: str
) -> None:
    assert sent(*conversation) != []
    with pytest.raises(InvalidRequestError, match=re.escape(problem)):
        sent(*conversation, paired_calls=["acme.test"])


def test_each_call_with_a_result_is_sent_as_it_is() -> None:
    conversation = [
        user("?"),
        calls("a", "a"),
        tool_result("a", "1"),
        tool_result("a", "2"),
    ]
    assert len(sent(*conversation, paired_calls=["acme.test"])) == 4


def test_a_second_result_of_a_call_raises() -> None:
    conversation = [calls("a", "b"), tool_result("a", "1"), tool_result("b", "1")]
    again = [*conversation, tool_result("a", "2"), user("Go on.", ToolResult("b"))]
    problems = (
        "the call 'a' has another result already (message 3); "
        "the call 'b' has another result already (message 4); append"
    )
    with pytest.raises(InvalidRequestError, match=re.escape(problems)):
        sent(*again, paired_calls=["acme.test"])


@pytest.mark.parametrize(
    ("conversation", "problem"),
    [
        ([calls("a"), user("Wait."), tool_result("a", "1")], "the result of 'a' is not next to"),
        (
            [calls("a", "b"), tool_result("a", "1"), user("Wait."), tool_result("b", "1")],
            "the result of 'b' is not next to its call (message 3); append",
        ),
        (
            [calls("a", "b"), tool_result("a", "1"), assistant("Ok."), tool_result("b", "1")],
            "the result of 'b' is not next to its call (message 3); append",
        ),
        ([calls("a"), user("Wait."), calls("a"), tool_result("a", "1")], "no result (message 0)"),
    ],
    ids=["user", "user between results", "model between results", "an id again"],
)
def test_a_result_after_another_turn_raises_if_the_api_rejects_it(
    conversation: list[Message], problem: str
) -> None:
    with pytest.raises(InvalidRequestError, match=re.escape(problem)):
        sent(*conversation, paired_calls=["acme.test"], results_at_once=True)
    if "no result" not in problem:
        sent(*conversation, paired_calls=["acme.test"])


@pytest.mark.parametrize(
    "conversation",
    [
        [calls("a", "b"), tool_result("b", "1"), tool_result("a", "1"), user("Go on.")],
        [calls("a", "b"), user("Go on.", ToolResult("b"), ToolResult("a"))],
        [calls("a"), assistant("One moment."), tool_result("a", "1")],
        [calls("a"), calls("b"), tool_result("a", "1"), tool_result("b", "1")],
        [calls("a"), system("Be brief."), tool_result("a", "1"), calls("a"), tool_result("a", "2")],
        [calls("a", "b"), user(ToolResult("a"), OPTIONS), tool_result("b", "1")],
    ],
    ids=["messages", "beside text", "neighbours", "calls of neighbours", "instructions", "options"],
)
def test_results_can_be_in_several_messages_and_beside_text(conversation: list[Message]) -> None:
    assert sent(*conversation, paired_calls=["acme.test"], results_at_once=True) != []


@pytest.mark.parametrize(
    ("base_url", "is_own"),
    [
        ("https://acme.test/v1", True),
        ("https://EU.acme.test:443/v1", True),
        ("http://localhost:8080/v1", False),
        ("https://acme.test.example/v1", False),
        ("https://fakeacme.test/v1", False),
    ],
)
def test_pairs_are_checked_at_the_vendors_own_addresses(base_url: str, is_own: bool) -> None:
    rules = {"paired_calls": ["other.test", "acme.test"]}
    if is_own:
        with pytest.raises(InvalidRequestError, match="has no result"):
            sent(calls("a"), base_url=base_url, **rules)
    else:
        assert sent(calls("a"), base_url=base_url, **rules) != []


def test_results_of_calls_in_the_vendors_storage_are_sent() -> None:
    rules = ConversationRules(paired_calls=["acme.test"], held=frozenset({"previous"}))
    explained = model(rules).explain([tool_result("a", "1")], provider_options={"previous": "r1"})
    assert len(explained.body["value"]) == 1


def test_places_in_errors_are_those_of_the_callers_conversation() -> None:
    left_out = assistant(ProviderPart(ProviderState("other", {}, "other.test")))
    result = ToolResult("a", (image_of(b"1"),))
    conversation = [left_out, calls("a"), user(result, "Go on."), user(image_of(b"2"))]
    places: list[int] = []

    def placing(model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        places[:] = [number for number, _ in numbered(request.messages)]
        return HttpRequest(path="/", body=b"{}")

    made = model(ConversationRules(), encode=placing, profile=MOVING)
    made.explain(conversation)
    assert places == [1, 2, 2, 3]
    made.explain([*conversation[:2], tool_result(result), calls("b"), tool_result("b", "x")])
    assert places == [1, 2, 3, 3, 4]
    made.explain([*conversation[:2], tool_result(result)])
    assert places == [1, 2, 2]


HERE = "acme.test"


def parts(scope: str | None) -> tuple[Part, ...]:
    signature = ProviderState("acme", {"s": 1}, scope)
    return (
        ReasoningPart("Hm.", signature),
        TextPart("Hi.", signature=signature),
        ProviderPart(signature),
        ToolCall("c", "f", "{}", signature),
    )


@pytest.mark.parametrize("scope", [None, HERE], ids=["everywhere", "here"])
def test_state_is_sent_back_to_endpoints_at_which_it_is_valid(scope: str | None) -> None:
    conversation = [user("?"), assistant(*parts(scope)), tool_result("c", "x")]
    assert sent(*conversation) == conversation


@pytest.mark.parametrize("scope", [endpoint_of, everywhere])
def test_state_of_another_endpoint_is_left_out(scope: Any) -> None:
    own = ProviderPart(ProviderState("acme", {}, "other.test"))
    found = sent(
        user("?"), assistant(*parts("other.test")), assistant(own), user("!"), state_scope=scope
    )
    plain = assistant(ReasoningPart("Hm."), "Hi.", ToolCall("c", "f"))
    assert found == [user("?"), plain, user("!")]


@pytest.mark.parametrize(
    ("base_url", "scope"),
    [
        ("https://acme.test", "acme.test"),
        ("https://user:p@ACME.test:8443/v1?x=1#y", "acme.test:8443"),
        ("http://[::1]:80/v1", "[::1]:80"),
        ("http://[:::::]", "[:::::]"),
        ("http://gateway.test:8080/http://127.0.0.1:8000/v1", "gateway.test:8080"),
        ("http://gateway.test?to=http://localhost", "gateway.test"),
        ("http://localhost@gateway.test", "gateway.test"),
        ("gateway.test:80/v1", "gateway.test:80"),
        ("http://", None),
        ("", None),
    ],
)
def test_an_endpoint_is_identified_by_its_host(base_url: str, scope: str | None) -> None:
    assert endpoint_of(base_url) == scope


def answered(collect: bool, server: Any, rules: ConversationRules) -> ChatResponse[Any]:
    def handle(exchange: Any) -> None:
        if exchange.path.endswith("/chat"):
            exchange.respond(b"{}")
            return
        exchange.begin()
        exchange.chunk("data: 0\n\ndata: 1\n\n")
        exchange.end()

    server.handler = handle
    answering = model(rules, server.url)
    return answering.stream("?").collect() if collect else answering.generate("?")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_state_of_a_response_contains_its_scope(server: Any, streamed: bool) -> None:
    signature = ProviderState("acme", {"s": 1}, endpoint_of(server.url))
    assert answered(streamed, server, ConversationRules()).message.parts == (
        TextPart("Hi", signature=signature),
        RefusalPart("No."),
        ToolCall("a", "f", "{}", signature),
        ToolCall("b", "f", "{}"),
    )


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_state_that_is_valid_everywhere_has_no_scope(server: Any, streamed: bool) -> None:
    rules = ConversationRules(state_scope=everywhere)
    part = answered(streamed, server, rules).message.parts[0]
    assert part == TextPart("Hi", signature=ProviderState("acme", {"s": 1}))


async def test_a_request_that_cannot_be_sent_is_an_attempt_with_its_request() -> None:
    seen: list[CallInfo] = []

    class Watching:
        def start(self, call: CallInfo) -> None:
            seen.append(call)

        def end(self, token: object, response: object, error: BaseException | None) -> None:
            assert isinstance(error, InvalidRequestError)

        first_event = end

    made = model(ConversationRules(paired_calls=["acme.test"])).with_observers(Watching())
    for shape in (
        lambda: made.generate([calls("a")]),
        lambda: made.stream([calls("a")]).collect(),
    ):
        with pytest.raises(InvalidRequestError, match="has no result"):
            shape()
    with pytest.raises(InvalidRequestError, match="has no result"):
        await made.agenerate([calls("a")])
    with pytest.raises(InvalidRequestError, match="has no result"):
        await made.astream([calls("a")]).collect()
    assert [(call.attempts, call.request.messages) for call in seen] == [(1, (calls("a"),))] * 4
