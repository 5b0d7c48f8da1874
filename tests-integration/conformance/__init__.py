"""One suite for all wire formats: recorded exchanges, damaged responses, the provider contract.

`rows` has one row per wire format and provider: the model that reads the exchanges, and the
deliberate differences from the readings that are expected of it. `neutral` reads recorded requests
back, so that they can be written again. The tests are the same for all rows:

* `test_exchanges.py` reads and writes the exchanges in `tests-integration/exchanges`.
* `test_folders.py` does the same with the folders that `CHATMODELS_RECORDED` names.
* `test_damage.py` reads damaged responses.
* `test_contract.py` runs the contract suite of `chatmodels.testing` with every provider.
* `test_suite.py` proves that the suite reports what is wrong.
"""
