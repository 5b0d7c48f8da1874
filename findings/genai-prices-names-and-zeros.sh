#!/bin/sh
# genai-prices 0.2.3 finds a provider by a part of its name: a call of "my-openai-proxy" has the prices of OpenAI. A model of
# the list without any price costs 0 rather than raising `LookupError`, as one that is not in the list does. The timestamp of
# the installed data is the time of the import, not that of the data.
#
# Output seen on 2026-11-30:
#   genai-prices 0.2.3
#   my-openai-proxy: openai 0.00125
#   models without a price: True, the first of them costs 0
#   age of the installed data in days: 0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check genai-prices==0.2.3
"$folder/venv/bin/python" - <<'PYTHON'
import datetime
import sys

from genai_prices import Usage, __version__, calc_price
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice

usage = Usage(input_tokens=1000, output_tokens=0)
proxy = calc_price(usage, "gpt-5", provider_id="my-openai-proxy")
snapshot = get_snapshot()
unpriced = [
    (provider.id, model.id)
    for provider in snapshot.providers
    for model in provider.models
    if isinstance(model.prices, ModelPrice) and not vars(model.prices)
]
provider, model = unpriced[0]
free = calc_price(usage, model, provider_id=provider).total_price
age = (datetime.datetime.now() - snapshot.timestamp).days

print("genai-prices", __version__)
print("my-openai-proxy:", proxy.provider.id, proxy.total_price)
print(f"models without a price: {bool(unpriced)}, the first of them costs {free}")
print("age of the installed data in days:", age)
sys.exit((proxy.provider.id, bool(unpriced), free, age) != ("openai", True, 0, 0))
PYTHON
