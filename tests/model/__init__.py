"""Tests of the network, its learning and its artifacts."""
