#!/bin/sh
# brotli 1.2.1: `Decompressor.can_accept_more_data()` is True while the decompressor holds output back because of
# `output_buffer_limit`. A loop that continues only while it is False stops early and loses the rest of the body.
# Call `process(b"", output_buffer_limit=...)` until it returns no bytes instead. The limit is not a maximum either:
# with a limit of 1,000 bytes, a call returns 32,752.
#
# Output seen on 2026-11-29:
#   brotli 1.2.1
#   input: 14 bytes, all of them passed at once
#   first call: 32752 bytes, can_accept_more_data: True, is_finished: False
#   further calls without input: 967248 bytes, is_finished: True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check brotli==1.2.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import brotli

data = brotli.compress(b"a" * 1_000_000)
decompressor = brotli.Decompressor()
first = len(decompressor.process(data, output_buffer_limit=1_000))
accepts, finished = decompressor.can_accept_more_data(), decompressor.is_finished()
rest = 0
while more := decompressor.process(b"", output_buffer_limit=1_000):
    rest += len(more)

print("brotli", brotli.__version__)
print(f"input: {len(data)} bytes, all of them passed at once")
print(f"first call: {first} bytes, can_accept_more_data: {accepts}, is_finished: {finished}")
print(f"further calls without input: {rest} bytes, is_finished: {decompressor.is_finished()}")
seen = (first, accepts, finished, rest, decompressor.is_finished())
sys.exit(seen != (32_752, True, False, 967_248, True))
PYTHON
