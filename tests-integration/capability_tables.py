"""Writes `docs/reference/capabilities.md` from the profiles of the models: `./run capabilities`.

Everything below the introduction comes from the profiles of the models, and from the difference
that a setting makes in the request of `explain`. The tests compare the page with `page()`.
"""

import json
import math
import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any, TypeVar

from capabilities import APIS, CLOCK, WORDS, Api, example, fate
from chatmodels.core import Settings, UnsupportedError
from chatmodels.core.extending import ALL_TOOL_CHOICES, FREE_TOOL_CHOICES, Profile
from chatmodels.http import HttpChatModel
from chatmodels.http._codec.output_tool import OUTPUT_DESCRIPTION

T = TypeVar("T", bound=Hashable)

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "capabilities.md"
BEGINNING = "<!-- Below this line the page is written by ./run capabilities -->\n"
EFFORT = "reasoning_effort"
SETTINGS = tuple(name for name in Settings.__struct_fields__ if name != EFFORT)
RESUMED = "resumed streams"
BATCHES = "batches"
YES, NO = "yes", "no"


@dataclass
class Answer:
    text: str


def page() -> str:
    """Return the page as it should be: its introduction, and a section for each vendor."""
    parts = [PAGE.read_text("utf-8").partition(BEGINNING)[0] + BEGINNING]
    for vendor, apis in groupby(APIS, key=lambda api: api.title):
        parts.append(f"## {vendor}\n")
        seen: dict[str, str] = {}
        for api in apis:
            if api.api:
                parts.append(f"### {api.api}\n")
            for subject, text in section(api):
                known = seen.setdefault(text, api.api)
                parts.append(text if known == api.api else f"{subject}: as under {known}.\n")
    return "\n".join(parts)


def section(api: Api) -> Iterator[tuple[str, str]]:
    """Describe an API: the abilities of all its models, their differences, and their efforts.

    Returns:
        Paragraphs and tables, each with its subject.
    """
    models = {family: api.model(example(family)) for family in api.families()}
    cells = {family: abilities(model) for family, model in models.items()}
    different = [name for name in _names() if len({each[name] for each in cells.values()}) > 1]
    yield from _common(models, cells, different)
    if different:
        rows = grouped({f: tuple(each[name] for name in different) for f, each in cells.items()})
        head = ("models", *map(_shown, different))
        yield "Differences", table(head, ((_families(f), *row) for f, row in rows))
    yield from _efforts(models)


def abilities(model: HttpChatModel) -> dict[str, str]:
    """Describe the abilities of a model but its efforts, by the name of a setting or an option."""
    profile = model.profile
    cells = {name: _setting(model, name) for name in SETTINGS}
    cells["tools"] = _tools(profile)
    cells["strict tools"] = YES if profile.tools and profile.strict_tools else NO
    cells["tool choice"] = _choices(profile) if profile.tools else NO
    cells["output type"] = _output(model, Answer)
    cells["output type with tools"] = NO
    if cells["tools"] != NO:
        rest = {} if profile.tools_with_reasoning else {EFFORT: "none"}
        cells["output type with tools"] = _output(model, Answer, tools=[CLOCK], **rest)
    cells["output type with free keys"] = _output(model, dict)
    cells[RESUMED] = NO if profile.prefill == "none" else YES
    cells[BATCHES] = _batches(model)
    return cells


def efforts(model: HttpChatModel) -> tuple[tuple[str, str], ...]:
    """Describe the efforts of a model: words, and the fields that they become."""
    found: dict[str, list[str]] = {}
    for word in WORDS[EFFORT]:
        outcome = fate(model, EFFORT, word)
        sent = _fields(outcome.changes, word) or _UNSENT[outcome.kind]
        found.setdefault(sent, []).append(f"`{word}`")
    return tuple((", ".join(words), sent) for sent, words in found.items())


def grouped(values: Mapping[str, T]) -> list[tuple[list[str], T]]:
    """Join the families with equal values, in the order of the first family of each."""
    found: dict[T, list[str]] = {}
    for family, value in values.items():
        found.setdefault(value, []).append(family)
    return [(families, value) for value, families in found.items()]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table in Markdown."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _names() -> Iterable[str]:
    return (
        *SETTINGS,
        "tools",
        "strict tools",
        "tool choice",
        "output type",
        "output type with tools",
        "output type with free keys",
        RESUMED,
        BATCHES,
    )


def _common(
    models: Mapping[str, HttpChatModel], cells: Mapping[str, dict[str, str]], different: list[str]
) -> Iterator[tuple[str, str]]:
    family, model = next(iter(models.items()))
    fields, same = model.profile.settings or {}, cells[family]
    names = [name for name in same if name not in different]
    rows = (
        (_shown(name), same[name], f"`{fields[name]}`" if name in fields else "")
        for name in names
        if same[name] != NO
    )
    yield "Settings", table(("all models", "supported", "sent as"), rows)
    absent = [name for name in names if same[name] == NO and name not in (RESUMED, BATCHES)]
    refused = ", ".join(map(_shown, absent))
    yield "Refused", f"Refused: {refused or 'nothing'}.\n"


def _efforts(models: Mapping[str, HttpChatModel]) -> Iterator[tuple[str, str]]:
    groups = grouped({name: efforts(model) for name, model in models.items()})
    rows = (
        ("" if index else _families(families) if groups[1:] else "all models", words, sent)
        for families, lines in groups
        for index, (words, sent) in enumerate(lines)
    )
    yield "Efforts", table(("models", f"`{EFFORT}`", "sent as"), rows)


_UNSENT = {"implied": "nothing, since it holds anyway", "refused": "refused"}


def _fields(changes: Mapping[str, Any], word: str) -> str:
    """Write fields with their values, and what their paths have in common but once."""
    paths = [path.split(".") for path in changes]
    levels = zip(*(path[:-1] for path in paths), strict=False) if len(paths) > 1 else ()
    outer = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, levels)]
    written = [
        f"`{'.'.join(path[len(outer) :])}` = {'the word' if value == word else _code(value)}"
        for path, value in zip(paths, changes.values(), strict=True)
    ]
    return f"{'`' + '.'.join(outer) + '`: ' if outer else ''}{', '.join(written)}"


def _setting(model: HttpChatModel, name: str) -> str:
    profile = model.profile
    if profile.settings is not None and name not in profile.settings:
        return NO
    supported = _words(model, name) if name in WORDS else _range(profile, name)
    beside = profile.not_with_reasoning.get(name)
    notes = [f"`{first}`" for first, *others in profile.exclusive if name in others]
    if beside is not None:
        notes.append("reasoning, the default" if profile.reasons_by_default else "reasoning")
        supported += f"; with reasoning only {', '.join(map(str, beside))}" if beside else ""
        notes = notes[:-1] if beside else notes
    return f"{supported}; not with {' or '.join(notes)}" if notes else supported


def _tools(profile: Profile) -> str:
    if profile.tools and profile.tools_with_reasoning:
        return YES
    default = ", the default" if profile.reasons_by_default else ""
    if not profile.tools or (default and "none" not in profile.values.get(EFFORT, ("none",))):
        return NO
    return f"{YES}; not with reasoning{default}"


def _words(model: HttpChatModel, name: str) -> str:
    found: list[str] = []
    for word in WORDS[name]:
        outcome = fate(model, name, word)
        if outcome.kind == "implied":
            found.append(f"`{word}` (not sent)")
        elif outcome.kind == "sent":
            (value,) = outcome.changes.values()
            found.append(f"`{word}`" if value == word else f"`{word}` as {_code(value)}")
    return ", ".join(found)


def _range(profile: Profile, name: str) -> str:
    least, most = profile.ranges.get(name, (-math.inf, math.inf))
    if (least, most) == (-math.inf, math.inf):
        return YES
    if most == math.inf:
        return f"from {least:g}"
    return f"{least:g} to {most:g}" if least < most else f"only {least:g}"


def _choices(profile: Profile) -> str:
    alone, beside = profile.tool_choices, profile.tool_choices & profile.tool_choices_with_reasoning
    shown = _modes(alone)
    return shown if alone == beside else f"{shown}; with reasoning {_modes(beside)}"


def _modes(choices: frozenset[str]) -> str:
    shown = {ALL_TOOL_CHOICES: "all", FREE_TOOL_CHOICES: "not forced"}
    return shown.get(choices) or ", ".join(f"`{mode}`" for mode in sorted(choices))


def _batches(model: HttpChatModel) -> str:
    try:
        model.batch_backend()
    except UnsupportedError:
        return NO
    return YES


def _output(model: HttpChatModel, output_type: Any, **others: Any) -> str:
    try:
        explained = model.explain("?", output_type=output_type, **others)
    except UnsupportedError:
        return NO
    by_tool = OUTPUT_DESCRIPTION in json.dumps(explained.body)
    return "by a tool" if by_tool else "native"


def _shown(name: str) -> str:
    return f"`{name}`" if name in SETTINGS else name


def _families(patterns: list[str]) -> str:
    named = ", ".join(f"`{pattern}`" for pattern in patterns if pattern != "*")
    if "*" not in patterns:
        return named
    return f"{named}, and all others" if named else "all others"


def _code(value: Any) -> str:
    return f"`{json.dumps(value)}`"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    target.write_text(page(), "utf-8", newline="\n")
