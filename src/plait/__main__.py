"""`python -m plait` is the command `plait`."""

import sys

from plait.apps.cli import main

sys.exit(main())
