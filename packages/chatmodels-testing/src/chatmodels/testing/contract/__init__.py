"""The contract suite: checks that every provider must pass, for `pytest.mark.parametrize`.

The complete test module of a provider:

```python
import pytest

from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="openai", model="gpt-6.1-terra")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_openai_keeps_the_contract(check: Check) -> None:
    check()
```
"""

from chatmodels.core.extending import publish
from chatmodels.testing.contract._checks import checks
from chatmodels.testing.contract._contract import Check, ProviderContract
from chatmodels.testing.contract._efforts import accepted_efforts

__all__ = ["Check", "ProviderContract", "accepted_efforts", "checks"]

publish(globals())
