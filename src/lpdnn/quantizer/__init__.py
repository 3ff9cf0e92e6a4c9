"""Quantizes networks: simulates, measures and searches formats, on this computer or on a cluster."""
