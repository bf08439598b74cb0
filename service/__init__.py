"""The service around the network: HTTP, training jobs, and the commands."""
