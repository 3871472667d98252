"""`python -m netguru`: the console."""

from netguru.cli import main

main()
