"""One library's calls and streams, run in an environment of its own: `peer_calls.py NAME URL WORK`.

It imports nothing of this folder. `once` makes one call, for the cold start. `calls` and `events`
print the CPU microseconds of a call and of a streamed event, of async calls one after another.
They mark the beginning and the end with a call of `os.getppid`, for `benchmarks.instructions`.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable

MODEL, CLAUDE, KEY = "gpt-6.1-terra", "claude-opus-5", "key"
PROMPT = "Why is the sky blue?"
CALLS, STREAMS, WORDS, ROUNDS = 20, 2, 200, 2
UNITS = {"calls": CALLS * ROUNDS, "events": STREAMS * WORDS * ROUNDS}
Call = Callable[[str], Awaitable[object]]
Stream = Callable[[str], AsyncIterator[object]]


def body(prompt: str, *, stream: bool = False) -> dict[str, object]:
    options = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    return {"model": MODEL, "messages": [{"role": "user", "content": prompt}], **options}


def read(line: str | bytes) -> object:
    data = line.encode() if isinstance(line, str) else line
    return json.loads(data[6:]) if data.startswith(b"data: {") else None


def chatmodels(url: str) -> tuple[Call, Stream]:
    from chatmodels.core import create_chat_model

    model = create_chat_model(f"openai:{MODEL}", api_key=KEY, base_url=url)
    return model.agenerate, model.astream


def httpx2(url: str) -> tuple[Call, Stream]:
    import httpx2

    client = httpx2.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, timeout=600)
    path = f"{url}/chat/completions"

    async def call(prompt: str) -> object:
        return json.loads((await client.post(path, json=body(prompt))).content)

    async def stream(prompt: str) -> AsyncIterator[object]:
        async with client.stream("POST", path, json=body(prompt, stream=True)) as response:
            async for line in response.aiter_lines():
                if (event := read(line)) is not None:
                    yield event

    return call, stream


def aiohttp(url: str) -> tuple[Call, Stream]:
    import aiohttp

    session: list[aiohttp.ClientSession] = []
    path, headers = f"{url}/chat/completions", {"authorization": f"Bearer {KEY}"}

    def client() -> aiohttp.ClientSession:
        if not session:
            session.append(aiohttp.ClientSession(headers=headers))
        return session[0]

    async def call(prompt: str) -> object:
        async with client().post(path, json=body(prompt)) as response:
            return json.loads(await response.read())

    async def stream(prompt: str) -> AsyncIterator[object]:
        async with client().post(path, json=body(prompt, stream=True)) as response:
            async for line in response.content:
                if (event := read(line)) is not None:
                    yield event

    return call, stream


def pyreqwest(url: str) -> tuple[Call, Stream]:
    from pyreqwest.client import ClientBuilder

    client = ClientBuilder().default_headers({"authorization": f"Bearer {KEY}"}).build()
    path = f"{url}/chat/completions"

    async def call(prompt: str) -> object:
        response = await client.post(path).body_json(body(prompt)).build().send()
        return json.loads(bytes(await response.bytes()))

    async def stream(prompt: str) -> AsyncIterator[object]:
        rest = b""
        request = client.post(path).body_json(body(prompt, stream=True)).build_streamed()
        async with request as response:
            while (chunk := await response.body_reader.read_chunk()) is not None:
                *lines, rest = (rest + bytes(chunk)).split(b"\n")
                for line in lines:
                    if (event := read(line)) is not None:
                        yield event

    return call, stream


def openai(url: str) -> tuple[Call, Stream]:
    from openai import AsyncOpenAI

    create = AsyncOpenAI(api_key=KEY, base_url=url).chat.completions.create

    async def call(prompt: str) -> object:
        return await create(**body(prompt))

    async def stream(prompt: str) -> AsyncIterator[object]:
        async for event in await create(**body(prompt, stream=True)):
            yield event

    return call, stream


def anthropic(url: str) -> tuple[Call, Stream]:
    from anthropic import AsyncAnthropic

    create = AsyncAnthropic(api_key=KEY, base_url=url.removesuffix("/v1")).messages.create

    def wanted(prompt: str) -> dict[str, object]:
        messages = [{"role": "user", "content": prompt}]
        return {"model": CLAUDE, "max_tokens": 1000, "messages": messages}

    async def call(prompt: str) -> object:
        return await create(**wanted(prompt))

    async def stream(prompt: str) -> AsyncIterator[object]:
        async for event in await create(**wanted(prompt), stream=True):
            yield event

    return call, stream


def chatmodels_anthropic(url: str) -> tuple[Call, Stream]:
    from chatmodels.core import create_chat_model

    model = create_chat_model(
        f"anthropic:{CLAUDE}", api_key=KEY, base_url=url, max_output_tokens=1000
    )
    return model.agenerate, model.astream


def litellm(url: str) -> tuple[Call, Stream]:
    import litellm

    options = {"api_key": KEY, "api_base": url}

    async def call(prompt: str) -> object:
        return await litellm.acompletion(**{**body(prompt), "model": f"openai/{MODEL}"}, **options)

    async def stream(prompt: str) -> AsyncIterator[object]:
        wanted = {**body(prompt, stream=True), "model": f"openai/{MODEL}"}
        async for event in await litellm.acompletion(**wanted, **options):
            yield event

    return call, stream


def langchain(url: str) -> tuple[Call, Stream]:
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model=MODEL, api_key=KEY, base_url=url)
    return model.ainvoke, model.astream


def pydantic_ai(url: str) -> tuple[Call, Stream]:
    from pydantic_ai import direct
    from pydantic_ai.messages import ModelRequest
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=url, api_key=KEY))

    async def call(prompt: str) -> object:
        return await direct.model_request(model, [ModelRequest.user_text_prompt(prompt)])

    async def stream(prompt: str) -> AsyncIterator[object]:
        messages = [ModelRequest.user_text_prompt(prompt)]
        async with direct.model_request_stream(model, messages) as events:
            async for event in events:
                yield event

    return call, stream


def any_llm(url: str) -> tuple[Call, Stream]:
    from any_llm import acompletion

    options = {"api_key": KEY, "api_base": url, "provider": "openai"}

    async def call(prompt: str) -> object:
        return await acompletion(**body(prompt), **options)

    async def stream(prompt: str) -> AsyncIterator[object]:
        async for event in await acompletion(**body(prompt, stream=True), **options):
            yield event

    return call, stream


async def main(name: str, url: str, work: str) -> None:
    call, stream = globals()[name](url)
    if work == "once":
        await call(PROMPT)
        return

    async def calls() -> int:
        for _ in range(CALLS):
            await call(PROMPT)
        return CALLS

    async def events() -> int:
        for _ in range(STREAMS):
            async for _ in stream(f"words={WORDS}"):
                pass
        return STREAMS * WORDS

    function = {"calls": calls, "events": events}[work]
    await function()
    times: list[float] = []
    os.getppid()
    for _ in range(ROUNDS):
        start = time.process_time()
        count = await function()
        times.append((time.process_time() - start) / count)
    os.getppid()
    print(min(times) * 1e6)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
