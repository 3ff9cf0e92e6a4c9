"""Cases of a standard, each a model of its own, through generated C."""
