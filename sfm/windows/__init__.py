"""Clips that are too long to be held at once: read in windows, estimated in pieces, joined to paths of whole shots."""
