"""The policies of chatmodels-resilience over real HTTP, with faults, cancellations and load.

* `test_faults.py` plays transport faults to each policy, in each call form and wire format.
* `test_cancellation.py` cancels calls through a stack of policies at each of their awaits.
* `test_load.py` makes many calls and streams at once, with faults, and counts everything.
"""
