"""Auditing jurors: order, position, length, style, family, agreement, and canaries."""
