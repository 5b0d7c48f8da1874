import sys

from benchmarks.telemetry import main

main(sys.argv[1:])
