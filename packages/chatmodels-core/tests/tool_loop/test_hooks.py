"""The hooks around tools, and the context that tools receive."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from chatmodels.core import (
    ConfigurationError,
    ToolCall,
    ToolContext,
    ToolEnd,
    ToolResult,
    run_tools,
    tool,
    tool_result,
)


@dataclass
class Shop:
    name: str


@tool
def order(sku: str, context: ToolContext[Shop], count: int = 1) -> str:
    """Order something.

    Args:
        sku: The article.
        context: The shop.
    """
    return f"{count} {sku} from {context.value.name} by {context.call.id}"


@tool
def greet(name: str) -> str:
    return f"Hello {name}"


ORDER = ToolCall("1", "order", '{"sku": "tea"}')
GREET = ToolCall("2", "greet", '{"name": "Ann"}')


async def test_a_tool_receives_the_context_and_the_model_does_not_see_it(run, scripted) -> None:
    model = scripted(ORDER, "ok")

    done = await run(model, "Tea", tools=[order], context=Shop("Lee"))

    assert done.tool_ends[0].result.text == "1 tea from Lee by 1"
    assert list(model.requests[0].tools[0].parameters["properties"]) == ["sku", "count"]


async def test_a_context_that_is_missing_is_found_out_at_once(run, scripted) -> None:
    model = scripted("never")

    with pytest.raises(ConfigurationError, match=r"'order' needs a Shop .* 'context'; pass contex"):
        await run(model, "Tea", tools=[greet, order])

    assert model.requests == []


@pytest.mark.parametrize(
    "annotation",
    [
        ToolContext,
        ToolContext[Any],
        ToolContext[None],
        ToolContext[Shop | None],
        ToolContext[object],
        Annotated[ToolContext[Shop | None], "the shop"],
        ToolContext[Shop | None] | None,
    ],
    ids=str,
)
def test_a_context_may_be_missing_if_its_type_includes_none(annotation: Any) -> None:
    def see(context: Any) -> bool:
        return context.value is None

    see.__annotations__["context"] = annotation

    assert tool(see).parameters == {"type": "object", "properties": {}, "required": []} or (
        tool(see).parameters["properties"] == {}
    )
    assert tool(see).call(ToolCall("1", "see")).text == "true"


async def test_a_tool_that_is_called_by_hand_is_given_its_context() -> None:
    shop = Shop("Lee")

    assert order.call(ORDER, context=shop).text == "1 tea from Lee by 1"
    assert (await order.acall(ORDER, context=ToolContext(shop, ORDER))).text.endswith("by 1")
    with pytest.raises(ConfigurationError, match="pass context="):
        order.call(ORDER)


async def test_a_hook_sees_the_call_the_context_and_the_conversation(run, scripted) -> None:
    seen: list[ToolContext[Any]] = []

    await run(
        scripted(ORDER, "ok"),
        "Tea",
        tools=[order],
        context=Shop("Lee"),
        before_tool=seen.append,
    )

    (context,) = seen
    assert context.call == ORDER
    assert context.value == Shop("Lee")
    assert context.messages[-1].tool_calls == (ORDER,)


async def test_a_call_is_denied_with_a_reason(run, scripted) -> None:
    def approve(context: ToolContext[Any]) -> str | None:
        return "ask Ann first" if context.call.name == "greet" else None

    done = await run(
        scripted((ORDER, GREET), "ok"),
        "Tea",
        tools=[order, greet],
        context=Shop("Lee"),
        before_tool=approve,
    )

    ordered, denied = (end.result for end in done.tool_ends)
    assert not ordered.is_error
    assert denied.is_error
    assert denied.text == "the call was denied, and the tool was not run: ask Ann first"


async def test_a_hook_changes_the_arguments(run, scripted) -> None:
    changed = ToolCall("ignored", "greet", '{"name": "Bob"}')

    done = await run(scripted(GREET, "ok"), "Hi", tools=[greet], before_tool=lambda _: changed)

    assert done.tool_ends[0].call == ToolCall("2", "greet", '{"name": "Bob"}')
    assert done.messages[1].tool_calls == (GREET,)
    assert done.messages[2] == tool_result(GREET, "Hello Bob")


async def test_a_hook_returns_the_result_itself(run, scripted) -> None:
    cached = tool_result("", "Hello again").parts[0]

    done = await run(scripted(GREET, "ok"), "Hi", tools=[greet], before_tool=lambda _: cached)

    assert done.messages[2] == tool_result(GREET, "Hello again")


async def test_a_hook_is_not_called_for_what_cannot_be_run(run, scripted) -> None:
    seen: list[str] = []
    wrong = ToolCall("1", "greet", "{}")

    done = await run(
        scripted((wrong, ToolCall("2", "x"), GREET), "ok"),
        "Hi",
        tools=[greet],
        before_tool=lambda context: seen.append(context.call.arguments_json),
    )

    assert seen == [GREET.arguments_json]
    assert [end.result.is_error for end in done.tool_ends] == [True, True, False]


@pytest.mark.parametrize(
    ("decision", "problem"),
    [
        pytest.param(True, "before_tool returned an object of type bool", id="bool"),
        pytest.param(ToolCall("1", "other"), "a call of 'other', which is not one", id="tool"),
    ],
)
async def test_a_decision_that_is_none_is_refused(run, scripted, decision, problem) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        await run(scripted(GREET), "Hi", tools=[greet], before_tool=lambda _: decision)

    assert caught.value.run.messages[2].parts[0].is_error


async def test_a_hook_after_a_tool_sees_and_changes_the_result(run, scripted) -> None:
    ends: list[ToolEnd] = []

    def mask(context: ToolContext[Any], end: ToolEnd) -> ToolResult | None:
        ends.append(end)
        return tool_result("x", "masked").parts[0] if context.call.name == "greet" else None  # type: ignore[return-value]

    done = await run(
        scripted((GREET, ToolCall("1", "x")), "ok"), "Hi", tools=[greet], after_tool=mask
    )

    assert min(end.result.text for end in ends) == "Hello Ann"
    assert done.messages[2] == tool_result(GREET, "masked")
    assert "no tool named" in done.tool_ends[1].result.text


async def test_a_change_that_is_none_is_refused(run, scripted) -> None:
    with pytest.raises(ConfigurationError, match="after_tool returned an object of type str"):
        await run(scripted(GREET), "Hi", tools=[greet], after_tool=lambda _, __: "x")


async def test_an_exception_of_a_hook_ends_the_run(run, scripted) -> None:
    def refuse(_: ToolContext[Any]) -> None:
        raise PermissionError("not you")

    with pytest.raises(PermissionError, match="not you"):
        await run(scripted(GREET), "Hi", tools=[greet], before_tool=refuse)


async def test_hooks_may_be_async_in_an_async_run(run, scripted, shape: str) -> None:
    async def approve(_: ToolContext[Any]) -> str:
        return "no"

    if shape.startswith("sync"):
        with pytest.raises(ConfigurationError, match="a hook is async; use arun_tools"):
            await run(scripted(GREET), "Hi", tools=[greet], before_tool=approve)
    else:
        done = await run(scripted(GREET, "ok"), "Hi", tools=[greet], before_tool=approve)
        assert done.tool_ends[0].result.is_error


def test_a_hook_that_returns_an_awaitable_without_close_is_refused(scripted) -> None:
    class Later:
        def __await__(self):
            raise AssertionError("it is not awaited")

    with pytest.raises(ConfigurationError, match="a hook is async"):
        run_tools(scripted(GREET), "Hi", tools=[greet], before_tool=lambda _: Later())  # type: ignore[arg-type, return-value]
