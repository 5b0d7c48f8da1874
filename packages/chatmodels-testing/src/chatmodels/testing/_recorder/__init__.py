"""The recorder of HTTP exchanges; it requires `chatmodels-http`, which every HTTP provider has."""
