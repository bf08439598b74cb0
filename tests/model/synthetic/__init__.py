"""Tests of model.synthetic."""
