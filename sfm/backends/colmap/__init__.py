"""pycolmap's mappers: on our features, and stock."""
