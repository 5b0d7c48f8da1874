"""Real exchanges with OpenAI that come with this package, for demonstrations and examples.

They were published in the test suites of open-source projects; each file tells its source and
licence (MIT or Apache-2.0), and `samples/README.md` what was changed. What the models say in them
is machine output.
"""

from collections.abc import Mapping
from importlib.resources import as_file, files

from chatmodels.testing._recordings import Recording, recordings


def samples() -> Mapping[str, Recording]:
    """Read the recorded exchanges that come with the package, by name.

    They can be queued, or replayed all together:

    ```python
    simulator.queue(samples()["eclipse"])
    ```
    """
    found: dict[str, Recording] = {}
    folder = files("chatmodels.testing") / "samples"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name, _, suffix = entry.name.rpartition(".")
        if suffix == "json":
            with as_file(entry) as path:
                (found[name],) = recordings(path)
    return found
