"""One module per kind of features, which it defines as FEATURE; `extract` runs them."""
