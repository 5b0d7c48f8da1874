"""Whole calls over loopback: CPU time of the client, with the server in another process."""

import json
from collections.abc import Callable

import httpx
import openai

from benchmarks.measuring import cpu_seconds, row, simulator
from chatmodels.core import create_chat_model

BODY = {"model": "gpt-6.1-terra", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
REPLY = "The sky is blue because air scatters short waves of light more than long ones. " * 4


def main() -> None:
    with simulator("--reply", REPLY) as base_url, httpx.Client() as client:
        times = cpu_seconds(
            {
                "bare": bare(client, base_url),
                "ours": ours(base_url),
                "injected": ours(base_url, http_client=client),
                "sdk": sdk(base_url),
            },
            calls=150,
        )
    row("httpx.Client.post and json.loads", f"{times['bare'] * 1e6:.0f} us")
    for name, label in (
        ("ours", "generate"),
        ("injected", "generate with that httpx.Client injected"),
        ("sdk", "the vendor's SDK"),
    ):
        ratio = times[name] / times["bare"]
        row(label, f"{times[name] * 1e6:.0f} us", f"{ratio:.2f} of the bare call")


def bare(client: httpx.Client, base_url: str) -> Callable[[], object]:
    headers = {"Authorization": "Bearer key"}

    def call() -> object:
        response = client.post(f"{base_url}/chat/completions", json=BODY, headers=headers)
        return json.loads(response.content)["choices"][0]["message"]["content"]

    return call


def ours(base_url: str, **options: object) -> Callable[[], object]:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=base_url, **options)
    return lambda: model.generate("Why is the sky blue?").text


def sdk(base_url: str) -> Callable[[], object]:
    client = openai.OpenAI(api_key="key", base_url=base_url)

    def call() -> object:
        completion = client.chat.completions.create(
            model="gpt-6.1-terra", messages=[{"role": "user", "content": "Why is the sky blue?"}]
        )
        return completion.choices[0].message.content

    return call
