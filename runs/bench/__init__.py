"""What the stack, the arena and the viewer cost, measured: `make bench`, `bench-arena`, `bench-view`."""
