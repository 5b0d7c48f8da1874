"""Cancels the batches of a run at the vendor."""

import asyncio
from contextlib import closing
from os import PathLike

from chatmodels.bulk._batch_calls import BatchCalls
from chatmodels.bulk._batch_errors import is_lost
from chatmodels.bulk._batch_store import BatchStore
from chatmodels.bulk._checkpoint import Checkpoint
from chatmodels.bulk._folder import RunFolder
from chatmodels.bulk._loops import refuse_running_loop
from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ConfigurationError,
    UnsupportedError,
    create_chat_model,
)
from chatmodels.core.extending import BatchBackend


async def acancel(model: ChatModel | str, /, *, to: str | PathLike[str]) -> int:
    """Cancel the batches of a run, also while it goes on in another process.

    The rows that the vendor has processed are paid. A run that goes on stores their results,
    creates no further batch, and stops when all batches have ended. Otherwise, the next run stores
    them, and sends the other rows again. If it is not known yet whether a batch was created, the
    run cancels it as soon as it finds it.

    Args:
        model: The model of the run.
        to: The file of the results, as it was passed to `arun`.

    Returns:
        The number of batches that were cancelled at the vendor.

    Raises:
        ConfigurationError: There is no run with this output, or it has another model.
        UnsupportedError: The model has no batch API that chatmodels supports, or its batches cannot
            be cancelled.
        ChatModelError: A request failed; the other batches are not cancelled.
    """
    folder = RunFolder(to)
    folder.refuse_missing()
    created = create_chat_model(model) if isinstance(model, str) else model
    backend = BatchCalls(created, {}).backend
    with closing(Checkpoint(folder.checkpoint)) as checkpoint:
        facts = checkpoint.facts()
        name = f"{created.provider}:{created.model}"
        if facts is not None and facts.model != name:
            raise ConfigurationError(
                f"the run in {folder.path} has the model {facts.model}, not {name}; pass that one",
                op="bulk",
            )
        store = BatchStore(checkpoint.connection)
        if store.batches() and not backend.limits.cancellable:
            raise UnsupportedError(
                f"{created.provider} cannot cancel batches; run it again to read their results "
                "when they have ended",
                op="bulk",
            )
        store.cancel_all()  # first: the run cancels a batch whose id it receives afterwards
        ids = [each.vendor_id for each in store.batches() if each.vendor_id is not None]
        for id_ in ids:
            await backend.cancel(id_)
    return len(ids)


async def abandon(owner: str, model: ChatModel, store: BatchStore, /) -> None:
    """Remove the batches of another model or of other options, and cancel them if possible.

    Those of another provider go on, as do those that their vendor cannot cancel.

    Args:
        owner: The model of the batches, as `"provider:model"`.
        model: The model of the run that abandons them.
        store: The batches.

    Raises:
        ChatModelError: A request failed; no batch is removed.
    """
    ids = [each.vendor_id for each in store.batches() if each.vendor_id is not None]
    backend = _backend(model) if owner.partition(":")[0] == model.provider else None
    if backend is not None and backend.limits.cancellable:
        for id_ in ids:
            try:
                await backend.cancel(id_)
            except ChatModelError as error:
                if not is_lost(error):
                    raise
    store.clear()


def _backend(model: ChatModel) -> BatchBackend | None:
    try:
        return BatchCalls(model, {}).backend
    except (UnsupportedError, ConfigurationError):
        return None


def cancel(model: ChatModel | str, /, *, to: str | PathLike[str]) -> int:
    """Cancel the batches of a run; see `acancel`, which async code awaits instead.

    Raises:
        ConfigurationError: An event loop runs already, as in a notebook; for the others see
            `acancel`.
    """
    refuse_running_loop("cancel", "acancel")
    return asyncio.run(acancel(model, to=to))
