"""The steps of a training, in a process of their own."""
