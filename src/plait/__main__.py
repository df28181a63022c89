"""`python -m plait` is the command `plait`."""

from plait.apps.cli import run

run()
