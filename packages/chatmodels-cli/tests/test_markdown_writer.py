"""Markdown that is rendered while it arrives."""

import io

import pytest
from rich.console import Console

from chatmodels.cli._markdown_writer import MarkdownWriter, split_blocks
from chatmodels.cli._printable import printable
from chatmodels.core import ReasoningDelta, TextDelta, ToolCall, ToolStart

TEXT = "# Title\n\nA *first* paragraph.\n\n```python\nx = 1\n\ny = 2\n```\n\n1. one\n2. two\n\nEnd."


def written(chunks: list[str], height: int = 25) -> str:
    target = io.StringIO()
    console = Console(file=target, width=40, height=height, force_terminal=False)
    writer = MarkdownWriter(console, clock=lambda: 0.0)
    for chunk in chunks:
        writer.write(TextDelta(chunk))
    writer.end_line()
    return target.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\r\nc", "a\tb\nc"),
        ("\x1b[1;31mred\x1b[0m\x9b2J", "red"),
        ("\x1b]52;c;c2VjcmV0\x07a\x1b]0;title\x1b\\b\x9d0;title\x9cc", "abc"),
        ("\x1bPdevice\x1b\\a\x1b(0b\x1bc", "abc"),
        ("\x1b[", "["),
        ("a\x00\x07\x08\x7f\x85b", "ab"),
        ("Grüße, 漢字 👩‍💻", "Grüße, 漢字 👩‍💻"),
    ],
)
def test_control_characters_and_sequences_are_not_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_rendered_markdown_has_no_control_sequences_of_the_model() -> None:
    chunks = ["a\x1b]52;c;c2Vj", "cmV0\x07b\x1b[2J"]

    assert squeezed(written(chunks)) == ["a]52;c;c2VjcmV0b"]


def squeezed(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_text_is_the_same_however_it_arrives(size: int) -> None:
    chunks = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]

    assert squeezed(written(chunks)) == squeezed(written([TEXT]))


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("a", "a"),
        ("a\n\nb", "b"),
        ("a\n\n```\nb\n\nc", "```\nb\n\nc"),
        ("a\n\n- b\n\n- c\n", "- b\n\n- c\n"),
        ("| a |\n| - |\n| b |\n\nc", "c"),
        ("", ""),
    ],
)
def test_the_last_block_can_still_change(text: str, last: str) -> None:
    complete, pending = split_blocks(text)

    assert complete + pending == text
    assert pending == last


def test_a_long_block_shows_its_end_until_it_is_complete(terminal) -> None:
    text = "```\n" + "".join(f"line {number}\n" for number in range(60)) + "```\n\nEnd."
    screen = terminal("ask", "mock:echo", text, "-m", columns=60, rows=20)

    assert screen.end() == 0
    shown = squeezed(screen.text)
    assert [line.strip() for line in shown] == [*(f"line {number}" for number in range(60)), "End."]


def test_reasoning_and_tools_do_not_mix_with_the_text(capsys) -> None:
    target = io.StringIO()
    console = Console(file=target, width=40, force_terminal=False)
    writer = MarkdownWriter(console, reasoning=True)
    writer.write(ReasoningDelta("hm"))
    writer.write(TextDelta("Let me *look*."))
    writer.write(ReasoningDelta("now"))
    writer.write(ToolStart(ToolCall("c1", "weather", "{}")))
    writer.write(TextDelta("Sunny."))
    writer.end_line()

    assert squeezed(target.getvalue()) == ["Let me look.", "Sunny."]
    assert capsys.readouterr().err == "hm\nnow\n→ weather({})\n"


def test_markdown_is_plain_when_piped(run) -> None:
    assert run("ask", "mock:echo", "**Hi**", "-m").out == "**Hi**\n"
