"""The arena by itself: rank models on prompts that exist already."""
