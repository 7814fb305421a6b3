"""Every field of every config says what it is for: the command line shows it."""

import dataclasses
import subprocess
import sys

import docstring_parser
import pytest

from sfm import config
from trajectory.errors import CinetrajError

CONFIGS = [
    each
    for each in vars(config).values()
    if isinstance(each, type) and dataclasses.is_dataclass(each) and each.__module__ == config.__name__
]


@pytest.mark.parametrize("kind", CONFIGS, ids=lambda kind: kind.__name__)
def test_every_field_has_an_entry_of_its_own(kind: type) -> None:
    read = {each.arg_name: each.description for each in docstring_parser.parse(kind.__doc__ or "").params}
    assert set(read) == {each.name for each in dataclasses.fields(kind)}
    assert all(read.values())


def test_the_configs_load_nothing_heavy() -> None:
    code = "import sys, sfm.config as c; c.EstimateConfig(backend=c.AutoConfig()); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "numpy", "scipy", "cv2", "av", "tyro", "pycolmap"}.intersection(out.split())


@pytest.mark.parametrize("kind", [config.AutoConfig, config.DenseConfig])
@pytest.mark.parametrize("k1", [float("nan"), float("inf"), 50.0, -5.0])
def test_a_lens_that_is_none_is_refused(kind: type, k1: float) -> None:
    with pytest.raises(CinetrajError, match=r"distortion is .*, expected none, free or k1 within -1\.\.1"):
        kind(distortion=k1)
