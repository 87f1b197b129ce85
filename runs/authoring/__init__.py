"""Making a skill of one's own: its files, a draft of them, and a look at what they make of one document."""
