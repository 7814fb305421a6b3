"""One module per kind of feature: NAMES, BYTES_PER_PIXEL (device memory of one frame) and build(config, device)."""
