"""Property tests here never judge by the clock: a slow machine is not a broken rule."""

from hypothesis import settings

settings.register_profile("menting", deadline=None, print_blob=True)
settings.load_profile("menting")
