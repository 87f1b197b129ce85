"""A run at work and whoever steers it: pause, resume, stop, budget, Ctrl-C."""
