"""A program that uses chatmodels, for mypy to check as a stranger would see the packages.

It is read by the type checker and never run.
"""

import chatmodels.core
import chatmodels.http
import chatmodels.openai_compatible
import chatmodels.providers.mock
import chatmodels.providers.openai
import chatmodels.resilience
import chatmodels.testing
