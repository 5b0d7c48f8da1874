"""Subscribes to changes of the tools, which servers report since the protocol of 2026-07-28.

Earlier servers report them without a subscription.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from chatmodels.core.extending import error_facts, logger

if TYPE_CHECKING:
    from mcp import Client

_DELAYS = (1.0, 5.0, 30.0, 60.0)
"""Seconds before a subscription that ended is renewed; the last one repeats."""


async def listen_for_changes(
    client: "Client", on_change: Callable[[], None], subscribed: anyio.Event, /
) -> None:
    """Call a function after each change, until it is cancelled.

    A change before a subscription is not reported, so that the beginning of each counts as one.

    Args:
        client: The client.
        on_change: The function.
        subscribed: The event to set when the subscription has begun, or cannot begin.
    """
    tools = client.server_capabilities.tools
    if tools is None or not tools.list_changed or client.session.initialize_result is not None:
        subscribed.set()
        return
    from mcp import MCPError

    ended = 0
    while True:
        try:
            async with client.listen(tools_list_changed=True) as subscription:
                on_change()
                subscribed.set()
                async for _ in subscription:
                    ended = 0
                    on_change()
        except (MCPError, RuntimeError, TimeoutError) as error:
            logger("chatmodels.mcp").debug(
                "a subscription to changes of tools ended", extra=error_facts(error)
            )
        subscribed.set()
        await anyio.sleep(_DELAYS[min(ended, len(_DELAYS) - 1)])
        ended += 1
