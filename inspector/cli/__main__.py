"""`python -m inspector.cli` for a PC without the console script."""

import sys

from inspector.cli import main

sys.exit(main())
