"""Reasoning at the start of a text is separated from it, for all chunk boundaries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.providers.ollama._reasoning import ThinkSplitter

TAGGED = st.lists(st.sampled_from(["<think>", "</think>", "<thi", "</", " ", "\n", "a", "<"]))


def split(*pieces: str) -> tuple[str, str]:
    splitter = ThinkSplitter()
    splits = [*(splitter.feed(piece) for piece in pieces), splitter.close()]
    return "".join(part.reasoning for part in splits), "".join(part.text for part in splits)


@pytest.mark.parametrize(
    ("text", "reasoning", "splits"),
    [
        ("Hello.", "", "Hello."),
        ("<think>\nHm.\n</think>\n\nHello.", "Hm.\n", "Hello."),
        (" \n<think>Hm.</think>Hello.", "Hm.", "Hello."),
        ("<think>Hm.", "Hm.", ""),
        ("<think>a </thin b</think>c", "a </thin b", "c"),
        ("<think></think>Hello.", "", "Hello."),
        ("<thinking", "", "<thinking"),
        ("<thi", "", "<thi"),
        ("  ", "", "  "),
        ("", "", ""),
        ("Use <think>.</think>", "", "Use <think>.</think>"),
        ("Okay.</think>Hello.", "", "Okay.</think>Hello."),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("<think>a</think>  ", "a", ""),
        ("<think>a</", "a</", ""),
    ],
)
def test_reasoning_is_the_text_between_the_first_tags(
    text: str, reasoning: str, splits: str
) -> None:
    assert split(text) == (reasoning, splits)


@given(TAGGED, st.data())
def test_chunk_boundaries_do_not_matter(parts: list[str], data: st.DataObject) -> None:
    text = "<think>" * data.draw(st.integers(0, 1)) + "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert split(*pieces) == split(text) == split(*text)


@given(st.text())
def test_texts_without_tags_are_unchanged(text: str) -> None:
    assert split(*text) == ("", text) or text.lstrip().startswith("<think>")
