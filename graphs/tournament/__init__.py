"""Tournaments: who battles whom next, and what that spared."""
