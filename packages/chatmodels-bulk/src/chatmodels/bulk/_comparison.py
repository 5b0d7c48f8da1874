"""The comparison of a run with the earlier one in its folder."""

from chatmodels.bulk._batch_calls import BatchCalls
from chatmodels.bulk._batch_store import BatchStore
from chatmodels.bulk._cancel import abandon
from chatmodels.bulk._checkpoint import Checkpoint, RunFacts
from chatmodels.bulk._remaining import Changed
from chatmodels.core import ChatModel, ConfigurationError


def settle_batches(store: BatchStore, calls: BatchCalls | None, /) -> None:
    """Check the batches of an earlier run; the rows in none of them are read from the source.

    Raises:
        ConfigurationError: There are open batches, whose rows would be paid twice.
    """
    if calls is None and (count := len(store.batches())):
        raise ConfigurationError(
            f"open batches of an earlier run: {count}, with rows that would be paid twice; pass "
            "via='batch' or via='auto' to read their results",
            op="bulk",
        )
    store.remove_waiting()


async def compare(
    checkpoint: Checkpoint,
    store: BatchStore,
    facts: RunFacts,
    changed: Changed,
    model: ChatModel,
    /,
) -> None:
    """Compare the run with the earlier one in the folder, and store its facts.

    Raises:
        ConfigurationError: They differ, and `changed` is "stop", or the places of the results do.
        ChatModelError: A batch of other requests cannot be cancelled.
    """
    earlier = checkpoint.facts()
    if earlier is not None and (checkpoint.count_from(0) or store.batches()):
        if earlier.samples != facts.samples:
            raise ConfigurationError(
                f"{checkpoint.path} has {earlier.samples} samples of each row, not "
                f"{facts.samples}; choose another output",
                op="bulk",
            )
        if earlier.options != facts.options and changed != "stop":
            _check_batches(checkpoint, store, earlier, changed)
            await abandon(earlier.model, model, store)
        if changed == "stop" and earlier.options != facts.options:
            what = (
                "the options, settings or output schema have changed"
                if earlier.model == facts.model
                else f"the model has changed from {earlier.model} to {facts.model}"
            )
            raise ConfigurationError(
                f"{what} since the results in {checkpoint.path}; pass changed='redo' to ask "
                "again, changed='keep' to keep them, or choose another output",
                op="bulk",
            )
    checkpoint.set_facts(facts)


def _check_batches(
    checkpoint: Checkpoint, store: BatchStore, earlier: RunFacts, changed: Changed
) -> None:
    """Check that no results of open batches of other requests are to be kept.

    Raises:
        ConfigurationError: They are, but only their model can read them.
    """
    if changed == "keep" and store.batches():
        raise ConfigurationError(
            f"open batches of {earlier.model} with other options belong to {checkpoint.path}; run "
            "it with those to read their results, or pass changed='redo' to abandon them",
            op="bulk",
        )


def check_end(checkpoint: Checkpoint, end: int, changed: Changed, /) -> None:
    """Compare the end of the source with that of the results.

    Raises:
        ConfigurationError: The source has become shorter, and that is to stop the run.
    """
    count = checkpoint.count_from(end)
    if count and changed == "redo":
        checkpoint.remove_from(end)
    elif count and changed == "stop":
        raise ConfigurationError(
            f"the source has become shorter: {count} results in {checkpoint.path} have no row; "
            "pass changed='redo' to remove them, changed='keep' to keep them, or choose another "
            "output",
            op="bulk",
        )
