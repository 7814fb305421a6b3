"""Points followed through a clip."""
