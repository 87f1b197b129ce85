"""What a run asked of its models and what came back, as text and as JSON."""
