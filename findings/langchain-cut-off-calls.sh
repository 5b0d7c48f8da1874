#!/bin/sh
# In langchain-core 1.8.3, `AIMessage.content_blocks` includes the calls of `tool_calls` but not those of
# `invalid_tool_calls`, although `invalid_tool_call` is one of the standard content blocks. Code that reads messages
# through `content_blocks` alone does not see a call whose arguments were cut off.
#
# Output seen on 2026-11-30:
#   langchain-core 1.8.3
#   tool_calls: ['c1'] invalid_tool_calls: ['c2']
#   content_blocks: ['text', 'tool_call']
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check langchain-core==1.8.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import langchain_core
from langchain_core.messages import AIMessage

message = AIMessage(
    content="I look it up.",
    tool_calls=[{"id": "c1", "name": "find", "args": {"query": "tides"}}],
    invalid_tool_calls=[{"id": "c2", "name": "find", "args": '{"query": "ti', "error": None}],
)
blocks = [block["type"] for block in message.content_blocks]
print("langchain-core", langchain_core.__version__)
print(
    "tool_calls:", [call["id"] for call in message.tool_calls],
    "invalid_tool_calls:", [call["id"] for call in message.invalid_tool_calls],
)
print("content_blocks:", blocks)
sys.exit(blocks != ["text", "tool_call"])
PYTHON
