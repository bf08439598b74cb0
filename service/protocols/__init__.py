"""The protocols of other model servers, as plain functions from bytes to arrays and back."""
