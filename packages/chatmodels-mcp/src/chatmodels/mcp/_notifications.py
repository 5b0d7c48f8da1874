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


async def listen_for_changes(client: "Client", on_change: Callable[[], None], /) -> None:
    """Call a function after each change, until it is cancelled.

    Changes between two subscriptions are not reported, so that each renewal counts as one.
    """
    tools = client.server_capabilities.tools
    if tools is None or not tools.list_changed or client.session.initialize_result is not None:
        return
    from mcp import MCPError

    ended = 0
    while True:
        try:
            async with client.listen(tools_list_changed=True) as subscription:
                if ended:
                    on_change()
                async for _ in subscription:
                    ended = 0
                    on_change()
        except (MCPError, RuntimeError, TimeoutError) as error:
            logger("chatmodels.mcp").debug(
                "a subscription to changes of tools ended", extra=error_facts(error)
            )
        await anyio.sleep(_DELAYS[min(ended, len(_DELAYS) - 1)])
        ended += 1
