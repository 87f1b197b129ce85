"""The gym: the whole loop on micro-instructions that programs write and check, with a tiny real model."""
