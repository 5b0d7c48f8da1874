"""Models over data sets of any size: every row has one result, also after a crash.

`run` and `arun` answer the rows of a file and write a file. The results so far are in a folder
beside it, so that an interrupted run goes on where it stopped. `stream` and `astream` yield the
results and write nothing.
"""

from chatmodels.bulk._cancel import acancel, cancel
from chatmodels.bulk._estimate import Estimate, Range
from chatmodels.bulk._folder import RunOwner
from chatmodels.bulk._job import Job, open_job
from chatmodels.bulk._limits import Limits, Via
from chatmodels.bulk._prompts import PromptSource
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._rows import Row, Source, count_rows
from chatmodels.bulk._run import arun, run
from chatmodels.bulk._stopping import Stop
from chatmodels.bulk._stops import RunStoppedError
from chatmodels.bulk._streams import RowStream, astream, stream
from chatmodels.bulk._tables import AnswerRows
from chatmodels.bulk._tally import Progress
from chatmodels.core.extending import publish

__all__ = [
    "AnswerRows",
    "Estimate",
    "Job",
    "Limits",
    "Progress",
    "PromptSource",
    "Range",
    "Row",
    "RowResult",
    "RowStream",
    "RunOwner",
    "RunStoppedError",
    "Source",
    "Stop",
    "Via",
    "acancel",
    "arun",
    "astream",
    "cancel",
    "count_rows",
    "open_job",
    "run",
    "stream",
]

publish(globals())
