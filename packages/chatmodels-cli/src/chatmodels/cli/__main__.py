"""`python -m chatmodels.cli`: the same as the command `chatmodels`."""

from chatmodels.cli import main

main()
