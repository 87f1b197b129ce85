"""Who speaks next: LangGraph state graphs, and the pure decisions beside them."""
