"""The pytest plugin: fixtures for programs and providers that use chatmodels."""
