"""Small sites, and a real browser that is shown nothing else.

A site is one text that holds its pages (`pages`); programs draw sites and tasks with the state that a
good answer leaves behind (`sites/`); `session` shows them to a model in a headless Chromium.
"""
