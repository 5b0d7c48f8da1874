"""Contexts that are restored in all contexts in which a block can end."""

from contextvars import Context as Variables
from contextvars import copy_context

import pytest
from opentelemetry.context import Context, attach, get_current

from chatmodels.otel._context import Attached

OUTER, INNER = Context({"at": "outer"}), Context({"at": "inner"})


@pytest.mark.parametrize("outer", [OUTER, None], ids=["within another", "within nothing"])
def test_a_block_that_ends_in_a_copy_of_its_context_restores_the_context_there(outer) -> None:
    def begin() -> tuple[Attached, Variables]:
        if outer is not None:
            attach(outer)
        block = Attached(INNER)
        block.__enter__()
        return block, copy_context()

    block, copied = Variables().run(begin)
    assert copied.run(get_current) is INNER

    copied.run(block.__exit__, None, None, None)

    assert copied.run(get_current) == (outer or Context())
