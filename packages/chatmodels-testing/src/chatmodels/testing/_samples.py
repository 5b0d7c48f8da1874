"""The exchanges in this package, written for demonstrations and examples."""

from collections.abc import Mapping
from importlib.resources import as_file, files

from chatmodels.testing._recordings import Recording, recordings


def samples() -> Mapping[str, Recording]:
    """Return the exchanges in this package by name.

    They use OpenAI's chat completions and were written for this package, not by a model. They can
    be queued, or replayed together:

    ```python
    simulator.queue(samples()["tide"])
    ```
    """
    with as_file(files("chatmodels.testing") / "samples") as folder:
        return {item.name.rpartition("/")[2]: item for item in recordings(folder)}
