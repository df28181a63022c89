"""For all tests: Ctrl-C is heard."""

import signal

# A shell's job in the background ignores it, and so would every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
