"""Streamed chunks over loopback: CPU time of the client for each, on the same bytes."""

from collections.abc import Callable

import openai

from benchmarks.measuring import cpu_seconds, row, simulator
from chatmodels.core import create_chat_model

WORDS = 2_000
REPLY = " ".join(["word"] * WORDS)


def main() -> None:
    with simulator("--reply", REPLY) as base_url:
        ours, sdk = read(base_url), read_by_sdk(base_url)
        chunks, sdk_chunks = ours(), sdk()
        times = cpu_seconds({"ours": ours, "sdk": sdk}, calls=2, rounds=5)
    per_chunk = times["ours"] / chunks * 1e6
    per_sdk_chunk = times["sdk"] / sdk_chunks * 1e6
    row("chunks", f"{chunks}", f"{sdk_chunks} by the SDK")
    row("ours", f"{per_chunk:.1f} us/chunk", f"{per_chunk / per_sdk_chunk:.3f} of the SDK")
    row("the vendor's SDK", f"{per_sdk_chunk:.1f} us/chunk")


def read(base_url: str) -> Callable[[], int]:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=base_url)

    def call() -> int:
        with model.stream("Go") as stream:
            return sum(event.type == "text_delta" for event in stream)

    return call


def read_by_sdk(base_url: str) -> Callable[[], int]:
    client = openai.OpenAI(api_key="key", base_url=base_url)

    def call() -> int:
        with client.chat.completions.create(
            model="gpt-6.1-terra",
            messages=[{"role": "user", "content": "Go"}],
            stream=True,
            stream_options={"include_usage": True},
        ) as stream:
            return sum(bool(chunk.choices and chunk.choices[0].delta.content) for chunk in stream)

    return call
