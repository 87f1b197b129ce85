"""A run made visible: read-only queries over its store, and the pages that show them.

What is asked of the store stands in plain files here and is tested without a browser; `pages/` draws it.
"""
