"""A demonstration in the terminal: `./run demo`.

If `OPENAI_API_KEY` is set, the demo uses OpenAI. Otherwise it uses a simulator on this machine over
real HTTP, which sends responses that were written for this demo.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.json import JSON
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.pretty import Pretty
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatResponse,
    check_health,
    create_chat_model,
    is_retryable,
    list_providers,
    system,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import Capability, provider
from chatmodels.otel import traced
from chatmodels.otel.console import show

MODEL = "openai:gpt-6.1-terra"
RESPONSES = ("tide", "ports-1-calls", "ports-2-answer", "lighthouse", "model-not-found")
CAPABILITIES = (
    Capability.TOOLS,
    Capability.STRUCTURED_OUTPUT,
    Capability.VISION,
    Capability.REASONING,
)

console = Console(highlight=False)
figures = Table("call", "model", box=None, pad_edge=False)
for heading in ("first event", "total", "input", "output"):
    figures.add_column(heading, justify="right")


def main() -> None:
    console.print()
    with service() as about:
        console.print(Panel(about, title="chatmodels", border_style="cyan", padding=(1, 2)))
        discovery()
        with show(metrics=False) as telemetry:
            traced(name="demo", telemetry=telemetry)(calls)()
            section("Measurements", "time to the first event and in total, and tokens")
            console.print(Padding(figures, (0, 2)))
            section("Trace", "spans recorded by OpenTelemetry")
    console.print("\n  Next: [bold]docs/tutorials/getting-started.md[/]\n")


def calls() -> None:
    model = create_chat_model(MODEL, reasoning_effort="none")
    stream_text(model)
    tool_call(model)
    structured_output(model)
    failure()


@contextmanager
def service() -> Iterator[str]:
    """Connect the OpenAI provider to OpenAI, or to a simulator with responses for this demo."""
    if os.environ.get("OPENAI_API_KEY"):
        yield f"Using [bold]OpenAI[/] with the model [bold]{MODEL}[/]."
        return
    from chatmodels.testing import Simulator, samples

    with Simulator(latency=0.35, pace=0.015) as simulator:
        recordings = samples()
        simulator.queue(*(recordings[name] for name in RESPONSES))
        os.environ["OPENAI_API_KEY"] = "demo"
        os.environ["OPENAI_BASE_URL"] = simulator.base_url
        yield (
            f"OPENAI_API_KEY is not set, so this demo uses a [bold]simulator[/] at "
            f"{simulator.base_url}.\nIts responses were [bold]written for this demo[/], not by a "
            "model. The provider, HTTP and streaming are real."
        )


def discovery() -> None:
    section("Installed providers", "discovered by entry point, imported on first use")
    table = Table("provider", "install", "health", "capabilities", box=None, pad_edge=False)
    health = check_health(timeout=60)  # importing all providers can be slow on a busy machine
    for name in list_providers():
        metadata = provider(name).metadata
        supported = ", ".join(item for item in CAPABILITIES if item in metadata.capabilities)
        healthy = health[name].status == "healthy"
        table.add_row(
            Text(name, "bold cyan"),
            metadata.distribution,
            Text(health[name].status, "green" if healthy else "yellow"),
            Text(supported.replace("_", " "), "dim"),
        )
    console.print(Padding(table, (0, 2)))


def stream_text(model: ChatModel) -> None:
    section("Streaming", "model.stream(prompt)")
    prompt = [
        system("Answer in plain text, briefly."),
        user("Why does the sea rise and fall? One short paragraph."),
    ]
    show_prompt(prompt[-1].text)
    output = Text()
    with model.stream(prompt) as stream, Live(output, console=console, refresh_per_second=30):
        for text in stream.texts():
            output.append(text)
    add_figures("streamed text", stream.response)


@tool
def high_water(port: str) -> str:
    """Look up the next high water in a port.

    Args:
        port: The port, such as Brest.
    """
    return {"Brest": "05:42", "Dover": "11:18"}.get(port, "unknown")


def tool_call(model: ChatModel) -> None:
    section("Tools", "a function; its signature and docstring become the schema")
    conversation = [
        system("You help sailors. Use the tools."),
        user("When is high water in Brest and in Dover?"),
    ]
    show_prompt(conversation[-1].text)
    response = model.generate(conversation, tools=[high_water])
    add_figures("tool calls", response)
    conversation.append(response.message)
    for call in response.tool_calls:
        result = high_water.call(call)
        conversation.append(tool_result(result))
        line = Text.assemble(
            (call.name, "bold magenta"), f"({call.arguments_json})", (" -> ", "dim")
        )
        console.print(Padding(line.append(result.text, "green"), (0, 2)))
    response = model.generate(conversation, tools=[high_water])
    console.print(Padding(response.text, (1, 0, 0, 0)))
    add_figures("final response", response)


@dataclass
class Place:
    sea: str
    country: str


@dataclass
class Lighthouse:
    name: str
    place: Place
    lit_since: int
    height_in_metres: int
    known_for: list[str]


def structured_output(model: ChatModel) -> None:
    section("Structured output", "model.generate(prompt, output_type=Lighthouse).parsed")
    prompt = "Describe the lighthouse of Cordouan."
    show_prompt(prompt)
    response = model.generate(prompt, output_type=Lighthouse)
    console.print(Padding(Pretty(response.parsed, expand_all=True), (0, 2)))
    add_figures("structured output", response)


def failure() -> None:
    section(
        "Errors",
        "the operation, the provider and model, the cause, and whether a retry makes sense",
    )
    try:
        create_chat_model("openai:gpt-0-imaginary").generate("Hello")
    except ChatModelError as error:
        console.print(Padding(Text(str(error), "red"), (0, 2)))
        facts = {
            "op": error.op,
            "code": error.code,
            "provider": error.provider,
            "model": error.model,
            "status": error.status,
            "request_id": error.request_id,
            "retryable": is_retryable(error),
        }
        console.print(Padding(JSON.from_data(facts), (0, 2)))


def section(title: str, description: str) -> None:
    console.print()
    console.print(
        Rule(
            Text.assemble((title, "bold"), (f"  {description}", "dim")), align="left", style="cyan"
        )
    )


def show_prompt(text: str) -> None:
    console.print(Padding(Text.assemble(("> ", "cyan"), (text, "italic")), (0, 0, 1, 0)))


def add_figures(call: str, response: ChatResponse) -> None:
    timing = response.timing
    first = "" if timing.first_event is None else f"{timing.first_event * 1000:.0f} ms"
    usage = response.usage
    figures.add_row(
        call,
        Text(response.model or "", "dim"),
        Text(first, "cyan"),
        Text(f"{timing.total * 1000:.0f} ms", "cyan"),
        f"{usage.input_tokens}",
        f"{usage.output_tokens}",
    )


if __name__ == "__main__":
    try:
        main()
    except ChatModelError as error:
        console.print(f"[red]{error}[/]")
        sys.exit(1)
