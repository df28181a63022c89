"""For all tests: Ctrl-C is heard, and no example of a property has a deadline."""

import signal

from hypothesis import settings

# On a busy machine the first example, which compiles what the others use, takes long.
settings.register_profile("plait", deadline=None)
settings.load_profile("plait")

# A shell's job in the background ignores it, and so would every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
