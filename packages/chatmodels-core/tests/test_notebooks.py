"""Values are shown in notebooks: readable, bounded, and without what their texts could inject."""

import base64
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    ChatResponse,
    Citation,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    Timing,
    ToolCall,
    Usage,
    assistant,
    image,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderState

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
DATA = base64.b64encode(PNG).decode()
RESPONSE = ChatResponse(
    message=assistant(ReasoningPart("It is one plus one."), "The sum is **2**."),
    model="large",
    usage=Usage(input_tokens=1200, output_tokens=7),
    timing=Timing(total=1.25),
    warnings=("seed was left out",),
)


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def html(value: Any) -> str:
    page = value._repr_html_()
    assert isinstance(page, str)
    return page


def markdown(value: Any) -> str:
    text = value._repr_markdown_()
    assert isinstance(text, str)
    return text


def test_a_response_shows_its_content_and_its_facts() -> None:
    page = Tags(html(RESPONSE))

    assert page.text == (
        "assistantreasoningIt is one plus one.The sum is **2**."
        "large · stop · 1,200 + 7 tokens · 1.2 s · seed was left out"
    )
    assert markdown(RESPONSE) == (
        "**assistant**\n\n*reasoning:* It is one plus one\\.\n\nThe sum is **2**.\n\n"
        "*large · stop · 1,200 \\+ 7 tokens · 1\\.2 s · seed was left out*"
    )


def test_a_response_without_facts_shows_why_it_ended() -> None:
    response = ChatResponse(message=assistant("Hi"))

    assert Tags(html(response)).text == "assistantHistop"
    assert markdown(response) == "**assistant**\n\nHi\n\n*stop*"


def test_a_request_shows_its_conversation() -> None:
    request = ChatRequest(messages=(system("Be brief."), Message("user", (TextPart("Hi"),), "Ann")))

    assert Tags(html(request)).text == "systemBe brief.user (Ann)Hi"
    assert markdown(request) == "**system**\n\nBe brief.\n\n**user \\(Ann\\)**\n\nHi"


@pytest.mark.parametrize(
    ("part", "text", "marked"),
    [
        pytest.param(RefusalPart("No."), "refusalNo.", "*refusal:* No\\.", id="refusal"),
        pytest.param(
            ToolCall("1", "weather", '{"city": "Oslo"}'),
            'weather({"city": "Oslo"})',
            '*call:* weather\\(\\{"city": "Oslo"\\}\\)',
            id="call",
        ),
        pytest.param(
            tool_result(ToolCall("1", "weather"), "7 C").parts[0],
            "result of weather7 C",
            "*result of weather:*\n\n7 C",
            id="result",
        ),
        pytest.param(
            tool_result("call", "no", is_error=True).parts[0],
            "error of callno",
            "*error of call:*\n\nno",
            id="error",
        ),
        pytest.param(
            ProviderPart(ProviderState("acme", {"secret": 1})),
            "part of acme",
            "*part of acme*",
            id="provider",
        ),
        pytest.param(
            image(PNG), "[image, image/png, 16 bytes]", "*image, image/png, 16 bytes*", id="image"
        ),
        pytest.param(
            ImagePart(url="https://example.com/a.png"),
            "https://example.com/a.png[image]",
            "*image* https://example\\.com/a\\.png",
            id="URL",
        ),
        pytest.param(
            FilePart(file_id="file1", name="a.pdf", media_type="application/pdf"),
            "[file, a.pdf, application/pdf, file id file1]",
            "*file, a\\.pdf, application/pdf, file id file1*",
            id="file",
        ),
        pytest.param(
            AudioPart(data=b"RIFF", media_type="audio/wav", transcript="Hello"),
            "Hello[audio, audio/wav, 4 bytes]",
            "*audio, audio/wav, 4 bytes*\n\nHello",
            id="audio",
        ),
    ],
)
def test_each_part_is_shown(part: Any, text: str, marked: str) -> None:
    assert Tags(html(part)).text == text
    assert markdown(part) == marked
    assert html(part) in html(Message("assistant", (part,)))


def test_images_and_audio_are_embedded() -> None:
    tags = Tags(html(user(image(PNG), AudioPart(data=b"RIFF", media_type="audio/wav")))).tags

    sources = {tag: attributes["src"] for tag, attributes in tags if "src" in attributes}
    assert sources == {
        "img": f"data:image/png;base64,{DATA}",
        "audio": f"data:audio/wav;base64,{base64.b64encode(b'RIFF').decode()}",
    }


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(ImagePart(url="https://tracker.example/1.png"), id="web address"),
        pytest.param(ImagePart(data=b"<svg onload=x>", media_type="image/svg+xml"), id="SVG"),
        pytest.param(ImagePart(data=b"x", media_type='image/png" onerror="x'), id="odd type"),
        pytest.param(ImagePart(data=bytes(3 * 1024 * 1024), media_type="image/png"), id="large"),
        pytest.param(FilePart(data=b"<html>", media_type="text/html"), id="file"),
    ],
)
def test_nothing_else_is_embedded(part: Any) -> None:
    assert {tag for tag, _ in Tags(html(part)).tags} <= {"div", "small", "a"}


def test_a_display_has_a_limit_for_all_its_images() -> None:
    big = image(PNG + bytes(1024 * 1024))

    shown = [tag for tag, _ in Tags(html(user(big, big, big))).tags if tag == "img"]

    assert shown == ["img"]


def test_a_display_has_a_limit_for_all_its_texts() -> None:
    message = user("a" * 40_000, "b" * 40_000, "c" * 40_000)

    for shown in (html(message), markdown(message)):
        assert shown.count("a") < 41_000
        assert 9_000 < shown.count("b") < 10_000
        assert shown.count("c") < 100
        assert "more)" in shown


def test_citations_are_links_to_web_addresses_only() -> None:
    part = TextPart(
        "Hi",
        (
            Citation(url="https://example.com/?a=1&b=2", title="A & B"),
            Citation(url="javascript:alert(1)", title="C"),
            Citation(url="http://[", title="D"),
            Citation(quote="no address"),
        ),
    )

    page = Tags(html(part))

    assert [(tag, each["href"]) for tag, each in page.tags if "href" in each] == [
        ("a", "https://example.com/?a=1&b=2")
    ]
    assert page.text == "HiA & B, C, D"


EVIL = st.lists(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "' onload='x",
            "</div></details>",
            "<!--",
            "&lt;b&gt;",
            "javascript:alert(1)",
            "![x](https://tracker.example/1.png)",
            "```\n",
            "~~~~ a`b\n",
            "\n",
            " ",
            "a",
        ]
    )
).map("".join)
MESSAGES = st.builds(
    lambda texts, name, url: Message(
        "assistant",
        (
            TextPart(texts[0], (Citation(url=url, title=texts[1]),)),
            ReasoningPart(texts[1]),
            RefusalPart(texts[2]),
            ToolCall("1", name, texts[3]),
            ImagePart(url=url, media_type=texts[2]),
            FilePart(file_id=texts[3], name=name),
            AudioPart(file_id="1", transcript=texts[0]),
        ),
        name,
    ),
    st.tuples(EVIL, EVIL, EVIL, EVIL),
    EVIL,
    EVIL | EVIL.map("https://example.com/{}".format),
)


@given(MESSAGES)
def test_no_text_adds_a_tag_or_an_attribute(message: Message) -> None:
    for tag, attributes in Tags(html(message)).tags:
        assert tag in {"div", "strong", "em", "code", "small", "details", "summary", "a"}
        assert attributes.keys() <= {"style", "href", "rel"}
        assert (attributes.get("href") or "https:").startswith("https:")


@given(EVIL)
def test_markdown_of_a_text_has_html_and_images_in_fences_only(text: str) -> None:
    fence = ""
    for line in markdown(TextPart(text)).split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith(("```", "~~~")):
            fence = line.rstrip("abcdefghijklmnopqrstuvwxyz")
        else:
            assert "<" not in line
            assert "![" not in line
            assert "javascript:" not in line
    assert not fence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a < b & c", "a &lt; b &amp; c", id="text"),
        pytest.param("```py\na < b\n```\n<b>", "```py\na < b\n```\n&lt;b>", id="fence"),
        pytest.param("~~~~ html\n<b>\n~~~", "~~~~html\n<b>\n~~~~", id="tildes"),
        pytest.param("```\n<b>", "```\n<b>\n```", id="fence left open"),
        pytest.param("``` <b>\n<i>", "```\n<i>\n```", id="words after a fence"),
        pytest.param("``` a`b\n<b>", "``` a`b\n&lt;b>", id="no fence"),
        pytest.param("- ```\n  <b>", "- ```\n  &lt;b>", id="fence in a list"),
        pytest.param("    ```\n<b>", "    ```\n&lt;b>", id="indented"),
        pytest.param("![a](b) [c](d)", "!\\[a](b) [c](d)", id="image"),
        pytest.param("[a](JavaScript:x)", "[a](JavaScript\u200b:x)", id="script"),
    ],
)
def test_code_in_fences_stays_as_it_is(text: str, shown: str) -> None:
    assert markdown(TextPart(text)) == shown


@pytest.mark.parametrize("value", [Usage(), Timing(total=1.0), Citation()])
def test_other_values_are_shown_by_their_repr(value: Any) -> None:
    assert value._repr_html_() is None
    assert value._repr_markdown_() is None


def test_rich_shows_the_fields_of_a_response_that_are_set() -> None:
    response = ChatResponse(message=user(image(bytes(PNG) + bytes(1000))), model="large")

    shown = dict(response.__rich_repr__())

    assert list(shown) == ["message", "model"]
    (part,) = shown["message"].parts
    assert repr(dict(part.__rich_repr__())["data"]) == "<1,016 bytes>"
