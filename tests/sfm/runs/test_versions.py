"""What decides a result is recorded."""

from sfm.runs.versions import RECORDED_VERSIONS, installed_versions


def test_every_library_that_decides_a_result_is_named() -> None:
    found = installed_versions()
    assert set(found) == set(RECORDED_VERSIONS)
    assert all(found.values())
