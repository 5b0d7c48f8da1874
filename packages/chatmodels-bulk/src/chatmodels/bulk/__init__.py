"""Models over data sets of any size: every row has one result, also after a crash.

`run` and `arun` answer the rows of a file and write a file. The results so far are in a folder
beside it, so that an interrupted run goes on where it stopped. `stream` and `astream` yield the
results and write nothing.
"""

from chatmodels.bulk._cancel import acancel, cancel
from chatmodels.bulk._job import Job, open_job
from chatmodels.bulk._limits import Limits
from chatmodels.bulk._prompts import PromptSource
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._rows import Row, Source
from chatmodels.bulk._run import Via, arun, run
from chatmodels.bulk._stops import RunStoppedError
from chatmodels.bulk._streams import RowStream, astream, stream
from chatmodels.bulk._tally import Progress
from chatmodels.core.extending import publish

__all__ = [
    "Job",
    "Limits",
    "Progress",
    "PromptSource",
    "Row",
    "RowResult",
    "RowStream",
    "RunStoppedError",
    "Source",
    "Via",
    "acancel",
    "arun",
    "astream",
    "cancel",
    "open_job",
    "run",
    "stream",
]

publish(globals())
