"""What holds for every test."""

from hypothesis import settings

# On a shared machine the time that an example takes says nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
