"""What pages show, as HTML: pure functions from what the queries return, for the server and for a file.

Everything a model wrote goes through `markup.h`, which escapes it: model text is text.
"""
