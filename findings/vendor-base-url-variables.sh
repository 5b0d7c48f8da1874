#!/bin/sh
# groq 1.7.0, cerebras-cloud-sdk 1.91.0, together 3.1.1: GROQ_BASE_URL, CEREBRAS_BASE_URL and TOGETHER_BASE_URL are
# addresses without a path, because these SDKs add it themselves. The vendors document another address for the SDK of
# OpenAI, with the path. If a variable has that address, the path is twice in the URL. A provider that reads these
# variables as the base URL of OpenAI's SDK is wrong for everyone who set them for the vendor's SDK.
#
# Output seen on 2026-11-30:
#   GROQ_BASE_URL=https://api.groq.com/openai/v1: /openai/v1/openai/v1/chat/completions
#   CEREBRAS_BASE_URL=https://api.cerebras.ai/v1: /v1/v1/chat/completions
#   TOGETHER_BASE_URL=https://api.together.ai/v1: /v1/v1/chat/completions
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check groq==1.7.0 cerebras-cloud-sdk==1.91.0 together==3.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import os
import sys

import httpx
from cerebras.cloud.sdk import Cerebras
from groq import Groq
from together import Together

ADDRESSES = {
    "GROQ_BASE_URL": ("https://api.groq.com/openai/v1", Groq, {}),
    "CEREBRAS_BASE_URL": ("https://api.cerebras.ai/v1", Cerebras, {"warm_tcp_connection": False}),
    "TOGETHER_BASE_URL": ("https://api.together.ai/v1", Together, {}),
}
paths = []


def refuse(request):
    paths.append(request.url.path)
    return httpx.Response(400, json={"error": {"message": "recorded"}})


for variable, (address, client, options) in ADDRESSES.items():
    os.environ[variable] = address
    sdk = client(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(refuse)), **options)
    try:
        sdk.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])
    except Exception as error:
        assert "recorded" in str(error), error
    print(f"{variable}={address}: {paths[-1]}")
sys.exit(paths != ["/openai/v1/openai/v1/chat/completions", *["/v1/v1/chat/completions"] * 2])
PYTHON
