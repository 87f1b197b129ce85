"""Who speaks: messages, records, one role a file; `models/` is the one door to every LLM."""
