"""What is said: one template a file, by role and skill."""
