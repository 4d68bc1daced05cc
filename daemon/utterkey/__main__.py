"""`python -m utterkey` is `utterkey`."""

from utterkey.cli import main

raise SystemExit(main())
