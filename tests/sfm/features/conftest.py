import numpy as np
import pytest
from shifted import shifted_pair


@pytest.fixture(scope="module")
def rgb() -> np.ndarray:
    """A frame and its shift by whole pixels, 9 right and 5 down."""
    return shifted_pair()
