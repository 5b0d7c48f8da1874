#!/bin/sh
# pyrate-limiter 4.5.1: in Redis, a call with a weight stores one member of a sorted set for each unit of the weight. A
# limit of tokens therefore needs a member for each token: a call of 10,000 tokens adds 10,000 members, and a limit of
# 2,000,000 tokens per minute keeps up to as many. All rates of a bucket count the same weight, so that a limit of
# requests and one of tokens are two buckets, which cannot be reserved in one step.
#
# Output seen on 2026-11-30:
#   pyrate-limiter 4.5.1
#   one call of 10000 tokens: accepted True, members 10000
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyrate-limiter==4.5.1 "fakeredis[lua]==2.41.0" redis==8.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from fakeredis import FakeRedis
from pyrate_limiter import Duration, Limiter, Rate, RedisBucket

client = FakeRedis()
bucket = RedisBucket.init([Rate(2_000_000, Duration.MINUTE)], client, "tokens")
accepted = Limiter(bucket).try_acquire("a call", weight=10_000)
members = client.zcard("tokens")

print("pyrate-limiter", version("pyrate-limiter"))
print(f"one call of 10000 tokens: accepted {accepted}, members {members}")
sys.exit((accepted, members) != (True, 10_000))
PYTHON
