"""Tools of servers that speak the Model Context Protocol: how they are named, listed and called."""
