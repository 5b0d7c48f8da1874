"""The exchanges that come with this package, written for demonstrations and examples."""

from collections.abc import Mapping
from importlib.resources import as_file, files

from chatmodels.testing._recordings import Recording, recordings


def samples() -> Mapping[str, Recording]:
    """Read the exchanges that come with the package, by name.

    They are over OpenAI's chat completions and were written for this package; no model said what
    is in them. They can be queued, or replayed all together:

    ```python
    simulator.queue(samples()["tide"])
    ```
    """
    with as_file(files("chatmodels.testing") / "samples") as folder:
        return {found.name.rpartition("/")[2]: found for found in recordings(folder)}
