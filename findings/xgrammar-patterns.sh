#!/bin/sh
# XGrammar 0.2.8, the default grammar of vLLM and SGLang, matches a `pattern` of JSON Schema with the whole text. The standard
# searches for it anywhere, so that `^[A-Z]` accepts "Oslo"; here it accepts "O" alone, and a model is forced to one letter.
# Beside a pattern, limits of the length are ignored, of which only the log of the server warns. Write `^[A-Z].*$`, and put
# lengths into the pattern. (XGrammar imports PyTorch: on Linux, PyPI's builds have several GB.)
#
# Output seen on 2026-11-30:
#   xgrammar 0.2.8
#   pattern ^[A-Z]: "O" True, "Oslo" False
#   pattern ^[A-Z].*$: "O" True, "Oslo" True
#   pattern ^[a-z]*$, minLength 2: "" True, "ab" True
#   minLength 2: "" False, "ab" True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 xgrammar==0.2.8
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import json
import sys
from importlib.metadata import version

import xgrammar

# Tokens are the characters of the texts, so that no tokenizer is needed.
CHARACTERS = sorted({*'{"v:Osloab} '}) + ["</s>"]
INFO = xgrammar.TokenizerInfo(CHARACTERS, stop_token_ids=[len(CHARACTERS) - 1])


def accepts(schema, value):
    whole = {"type": "object", "properties": {"v": {"type": "string", **schema}}, "required": ["v"]}
    compiled = xgrammar.GrammarCompiler(INFO).compile_json_schema(json.dumps(whole), any_whitespace=False)
    matcher = xgrammar.GrammarMatcher(compiled)
    return matcher.accept_string(json.dumps({"v": value})) and matcher.accept_token(len(CHARACTERS) - 1)


def shown(schema, *values):
    found = [accepts(schema, value) for value in values]
    words = ", ".join(f"{keyword} {value}" for keyword, value in schema.items())
    print(f"{words}:", ", ".join(f'"{value}" {result}' for value, result in zip(values, found)))
    return found


print("xgrammar", version("xgrammar"))
sys.exit(
    [
        shown({"pattern": "^[A-Z]"}, "O", "Oslo"),
        shown({"pattern": "^[A-Z].*$"}, "O", "Oslo"),
        shown({"pattern": "^[a-z]*$", "minLength": 2}, "", "ab"),
        shown({"minLength": 2}, "", "ab"),
    ]
    != [[True, False], [True, True], [True, True], [False, True]]
)
PYTHON
