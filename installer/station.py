"""The bundle's first program: the command `inspector`, called inspector-station where it is installed."""

import sys

from inspector.cli import main

sys.exit(main())
