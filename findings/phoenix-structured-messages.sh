#!/bin/sh
# Phoenix 20.26.1 displays no messages of a call whose `gen_ai.input.messages` is a structured value, as the GenAI
# conventions of OpenTelemetry recommend for spans: it reads JSON texts only (`phoenix/trace/gen_ai/conversion.py`), and
# reports nothing. Of several results of tools in one message it displays the last.
#
# Output seen on 2026-11-30:
#   arize-phoenix 20.26.1
#     structured -> []
#     as JSON -> ['Hi']
#     two results in one message -> ['21']
#     two results in two messages -> ['18', '21']
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check arize-phoenix==20.26.1 opentelemetry-proto==1.45.2
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
from importlib.metadata import version

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from phoenix.trace.otel import decode_otlp_span


def any_value(value):
    """Encode a value as OTLP does."""
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=map(any_value, value)))
    if isinstance(value, dict):
        fields = [KeyValue(key=key, value=any_value(item)) for key, item in value.items()]
        return AnyValue(kvlist_value=KeyValueList(values=fields))
    return AnyValue(string_value=value)


def displayed(messages):
    """Send the input messages of a call through Phoenix's reader of OTLP, and return those it displays."""
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": messages}
    span = Span(
        trace_id=bytes(15) + b"1",
        span_id=bytes(7) + b"1",
        name="chat m",
        start_time_unix_nano=1,
        end_time_unix_nano=2,
        attributes=[KeyValue(key=key, value=any_value(item)) for key, item in attributes.items()],
    )
    found = decode_otlp_span(span).attributes.get("llm", {}).get("input_messages", [])
    return [each["message"].get("content") for each in found]


def response(call, text):
    return {"type": "tool_call_response", "id": call, "response": text}


question = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
results = [{"role": "tool", "parts": [response("a", "18"), response("b", "21")]}]
apart = [{"role": "tool", "parts": [part]} for part in results[0]["parts"]]
found = {
    "structured": displayed(question),
    "as JSON": displayed(json.dumps(question)),
    "two results in one message": displayed(json.dumps(results)),
    "two results in two messages": displayed(json.dumps(apart)),
}
print(f"arize-phoenix {version('arize-phoenix')}")
for name, contents in found.items():
    print(f"  {name} -> {contents}")
sys.exit(list(found.values()) != [[], ["Hi"], ["21"], ["18", "21"]])
PYTHON
