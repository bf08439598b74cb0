"""Tests of model.novelty."""
