"""python -m lpdnn.cli."""

from lpdnn.cli import main

main()
