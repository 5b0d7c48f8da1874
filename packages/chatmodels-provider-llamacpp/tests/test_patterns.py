"""Regular expressions are rewritten for the grammars of llama.cpp."""

import re

import pytest

from chatmodels.providers.llamacpp._patterns import grammar_pattern

ANY = r'[^"\\\x00-\x1F]'


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("^[0-9]{3}$", "^[0-9]{3}$"),
        (r"^\d{3}-[a-z]$", "^[0-9]{3}-[a-z]$"),
        (r"^[\d_-]+$", "^[0-9_-]+$"),
        (r"^\w+@\w+\.\w{2,}$", r"^[a-zA-Z0-9_]+@[a-zA-Z0-9_]+\.[a-zA-Z0-9_]{2,}$"),
        (r"^a\sb$", "^a[ ]b$"),
        ("^a.c$", f"^a{ANY}c$"),
        ("[0-9]{3}", f"^{ANY}*([0-9]{{3}}){ANY}*$"),
        ("a|b", f"^{ANY}*(a|b){ANY}*$"),
        ("^a", f"^a{ANY}*$"),
        ("a$", f"^{ANY}*a$"),
        (r"^\$", rf"^\${ANY}*$"),
        (r"^a\$", rf"^a\${ANY}*$"),
        ("^(?:x|y)z$", "^(x|y)z$"),
        ("^[^a]{3}$", r'^[^"\\\x00-\x1Fa]{3}$'),
        (r"^[\]a]$", r"^[\]a]$"),
        (r"^[a\.]{2}$", "^[a.]{2}$"),
        (r"^a\-b\/c$", "^a-b/c$"),
        ("^$", "^$"),
    ],
)
def test_a_pattern_is_rewritten(pattern: str, written: str) -> None:
    assert grammar_pattern(pattern) == written
    re.compile(written)


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"\bfoo", r"^\p{L}$", r"^\D$", r"^(a)\1$", r"^[\S]$", r"^[\^a]$"),
        *("^a|b$", "^a$|^b$", "(?=x)", "(?!x)a", "^a+?$", "^a++$", "^*a$"),
        *('^"x"$', r"^\"$", '^["]$', r"^\\$", r"^[\\]$", "^[", "^a]$", "^[]a]$"),
    ],
)
def test_a_pattern_that_a_grammar_cannot_express_is_not_rewritten(pattern: str) -> None:
    assert grammar_pattern(pattern) is None


@pytest.mark.parametrize("pattern", [r"^\d{2}$", "[0-9]{2}", "^[^a]$", "a|b", r"^[\w.]+x$"])
@pytest.mark.parametrize("text", ["12", "a1234z", "b", "é", "a", "w.x", "", '"', "\n"])
def test_a_rewritten_pattern_matches_nothing_else(pattern: str, text: str) -> None:
    written = grammar_pattern(pattern)
    assert written is not None
    if re.search(written, text):
        assert re.search(pattern, text)
    else:
        assert not re.search(pattern, text) or text in {'"', "\n"}
