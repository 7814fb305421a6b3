"""Which pixels and frames may testify about the camera."""
