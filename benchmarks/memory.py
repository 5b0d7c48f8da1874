"""The memory of an open stream that waits for its next event, without and with TLS."""

import asyncio
import gc
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.growth import PATIENT, raise_file_limit
from benchmarks.measuring import row, server
from chatmodels.core import create_chat_model

STREAMS = 1_000
CERTIFICATE = Path(__file__).parents[1] / "packages/chatmodels-http/tests/localhost.pem"


def main() -> None:
    if sys.platform != "linux":
        print("  it is measured on Linux only")
        return
    raise_file_limit()
    os.environ["SSL_CERT_FILE"] = str(CERTIFICATE)
    for label, arguments in (("plain", ()), ("with TLS", (str(CERTIFICATE),))):
        with server(*arguments) as url:
            row(label, f"{asyncio.run(of_stream(url)):.1f} KB")


async def of_stream(url: str) -> float:
    model = create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=url, timeout=PATIENT)
    async with AsyncExitStack() as stack:

        async def open_stream() -> None:
            stream = await stack.enter_async_context(model.astream("idle"))
            await anext(stream)

        await open_stream()  # with the imports
        before = resident()
        for _ in range(STREAMS):
            await open_stream()
        gc.collect()
        return (resident() - before) / STREAMS / 1024


def resident() -> int:
    """Return the bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
