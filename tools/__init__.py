"""What an agent may call, and programs that check what it wrote."""
