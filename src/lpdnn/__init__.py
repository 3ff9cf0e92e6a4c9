"""LPDNN turns a trained network into the smallest, fastest C program that runs it on a given device."""
