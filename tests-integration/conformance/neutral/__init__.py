"""Decoders of recorded requests of other clients into neutral requests, per wire format.

Each module has `neutral`, the encoder backwards, and `normal`, which removes the differences that
do not matter; its docstring lists them. The exchanges of this repository do not reach all of it,
so that coverage leaves this package out.
"""
