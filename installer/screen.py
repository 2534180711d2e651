"""The bundle's second program: the window."""

import sys

from gui.__main__ import main

sys.exit(main())
