"""One module per matcher, which it defines as MATCHER; `match` runs them, `pairs` says on what."""
