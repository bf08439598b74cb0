"""Clients of other projects, which know nothing of this service, against a running one."""
