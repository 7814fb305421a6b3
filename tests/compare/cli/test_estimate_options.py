"""The options of `cinetraj estimate` are the fields of the configs: each reaches its place, none is ignored."""

import contextlib
import dataclasses
import errno
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from test_flags import flags_of

from compare.cli import _options, _settings, entry, estimate, main
from sfm import config
from trajectory.errors import CinetrajError


def parsed(*options: str) -> estimate.Args:
    return entry.parse("estimate", estimate, ["clip.mp4", "--out", "out", *options])


def config_of(*options: str) -> config.EstimateConfig:
    return estimate.config_of(parsed(*options))


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    found = {}
    for each in dataclasses.fields(value):
        inner = getattr(value, each.name)
        place = f"{path}.{each.name}".lstrip(".")
        found |= leaves(inner, place) if dataclasses.is_dataclass(inner) else {place: inner}
    return found


@pytest.mark.parametrize(
    ("option", "value", "path", "expected"),
    [
        ("--shots.adaptive-ratio", "3", "shots.adaptive_ratio", 3.0),
        ("--shots.similarity.inliers", "21", "shots.similarity.inliers", 21),
        ("--shots.dissolve.change-grey", "17", "shots.dissolve.change_grey", 17.0),
        ("--masks.overlays.margin", "0.01", "masks.overlays.margin", 0.01),
        ("--masks.duplicates.ratio", "0.3", "masks.duplicates.ratio", 0.3),
        ("--masks.blank.edge-grey", "6", "masks.blank.edge_grey", 6.0),
        ("--gravity.cone-deg", "30", "gravity.cone_deg", 30.0),
        ("--video.start-s", "0.5", "video.start_s", 0.5),
        ("--auto.tracks.cells", "100", "backend.tracks.cells", 100),
        ("--auto.selection.gain", "0.6", "backend.selection.gain", 0.6),
        ("--long-side", "320", "video.long_side", 320),
        ("--focal", "500", "focal_px", 500.0),
        ("--save", "points,depth", "save", ("depth", "points")),
    ],
)
def test_an_option_changes_its_field_and_no_other(option: str, value: str, path: str, expected: object) -> None:
    found, usual = leaves(config_of(option, value)), leaves(config_of())
    assert found[path] == expected
    assert {key for key in usual if found[key] != usual[key]} == {path}


def test_no_option_gives_the_defaults_of_the_configs() -> None:
    assert config_of() == config.EstimateConfig(backend=config.AutoConfig())
    assert config_of("--backend", "glomap").backend == config.GlomapConfig()
    assert config_of("--no-split-shots").split_shots is False


def test_every_field_has_exactly_one_flag() -> None:
    form: Any = estimate.form(whole=True)
    given = [path for each in _options.given(_filled(form)) for path in each.paths]
    assert len(given) == len(set(given))
    for name, kind in _settings.backend_configs().items():
        for path in leaves(kind()):
            assert {f"backend:{name}.{path}", f"backend.{path}"}.intersection(given), (name, path)
    assert {path for path in leaves(config.EstimateConfig()) if path not in given} == set()


def _filled(form: Any) -> Any:
    """The form with every option given."""
    changes: dict[str, Any] = {}
    for each in dataclasses.fields(form):
        default = each.default
        if dataclasses.is_dataclass(default):
            changes[each.name] = _filled_group(default)
        elif _options.PATHS in each.metadata:
            changes[each.name] = 1
    return form(clips=("a",), out=Path("out"), **changes)


def _filled_group(group: Any) -> Any:
    values = {each.name: getattr(group, each.name) for each in dataclasses.fields(group)}
    return dataclasses.replace(
        group, **{n: _filled_group(v) if dataclasses.is_dataclass(v) else 1 for n, v in values.items()}
    )


def test_the_whole_help_has_the_nested_options_and_the_short_one_names_it() -> None:
    short, whole = flags_of("estimate"), flags_of("estimate", "--help-all")
    assert set(short) < set(whole)
    assert not [flag for flag in short if "." in flag]
    assert whole["--shots.adaptive-ratio"] == {"value": "FLOAT", "default": "2.0"}
    assert whole["--colmap-sift.overlap"] == {"value": "INT", "default": "10"}
    assert whole["--shots.dissolve.lengths"] == {"value": "[INT [INT ...]]", "default": "4 6 9 13 19 28"}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        entry.main(["estimate", "--help"])
    assert "--help-all" in out.getvalue().splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--colmap.pairs.window", "6"), "--colmap.pairs.window has no effect on auto; it is for --backend colmap"),
        (("--features", "sift"), "--features has no effect on auto; it is for colmap and glomap"),
        (("--backend", "colmap", "--auto.keyframes", "16"), "--auto.keyframes has no effect on colmap"),
        (("--backend", "dense", "--no-dense"), "--no-dense has no effect on dense; it is for --backend auto"),
        (("--output", "a"), "--output has no effect on auto; it is for --backend command"),
        (("--backend", "command", "--command", "x {video}", "--shots.content", "27"), "--shots.content has no effect"),
        (
            ("--backend", "command", "--command", "x {video}", "--mask", "m.mp4"),
            "--mask has no effect on another program",
        ),
        (("--mask-weights", "net.tflite"), "--mask-weights has no effect on this mask; it is for the mask person"),
        (("--video.start-s", "5", "--video.stop-s", "3"), "--video.stop-s=3.0 is not after --video.start-s=5.0"),
        (("--fov", "600"), "--fov is 600.0, expected a number from 0.2 to 170 degrees"),
        (("--focal", "1", "--fov", "2"), "--focal and --fov are both given; give one of them"),
        (("--jobs", "0"), "--jobs is 0, expected a whole number from 1 to 1,024"),
        (
            ("--clip-time-limit", "-1"),
            "--clip-time-limit is -1.0, expected a number above 0, at most 10,000,000",
        ),
        (("--mask", ""), "--mask is empty, expected a video, images or person"),
        (
            ("--backend", "command", "--command", "x {video}", "--command-env", "focal_px"),
            "--command-env has 'focal_px', expected NAME=VALUE",
        ),
        (("--auto.tracks.cells", "0"), "--auto.tracks.cells is 0, expected a whole number from 1 to 100,000"),
        (("--shots.dissolve.lengths", "4", "0"), "--shots.dissolve.lengths has 0, expected"),
        (("--seed", "-1"), "--seed is -1, expected"),
        (("--backend", "dense", "--dense.keyframes", "1"), "--dense.keyframes is 1, expected a whole number from 2 to"),
        (
            ("--backend", "colmap", "--colmap.matching.ratio", "2"),
            "--colmap.matching.ratio is 2.0, expected a number",
        ),
        (("--backend", "colmap", "--time-limit", "0"), "--time-limit is 0.0, expected a number above 0"),
        (("--backend", "command", "--command", "x {vide}"), "--command has {vide}, expected"),
    ],
)
def test_what_has_no_effect_is_refused_even_as_its_default(options: tuple[str, ...], said: str) -> None:
    with pytest.raises(CinetrajError) as error:
        config_of(*options)
    assert said in str(error.value)


@pytest.mark.parametrize("option", ["--shots.adaptve-ratio", "--adaptive-ratio"])
def test_an_unknown_nested_option_is_refused_in_one_line_with_the_likely_one(option: str) -> None:
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        assert entry.main(["estimate", "clip.mp4", "--out", "out", option, "3"]) == 2
    assert len(err.getvalue().splitlines()) == 1
    assert "--shots.adaptive-ratio" in err.getvalue()


def test_flat_options_of_backends_reach_the_chosen_one() -> None:
    backend = config_of("--backend", "glomap", "--features", "aliked-n16", "--time-limit", "5").backend
    assert (backend.features.name, backend.mapping.time_limit_s) == ("aliked-n16", 5.0)
    dense = config_of("--backend", "dense", "--dense.flow", "xfeat", "--weights", "w.pt").backend
    assert (dense.flow, dense.flow_weights) == ("xfeat", Path("w.pt"))
    command = config_of("--backend", "command", "--command", "x {video}", "--time-limit", "5").backend
    assert (command.command, command.timeout_s) == ("x {video}", 5.0)
    mapping = config_of("--backend", "colmap", "--colmap.mapping.options", "mapper.a=1.5", "b=word").backend.mapping
    assert mapping.options == {"mapper.a": 1.5, "b": "word"}


@dataclass(frozen=True, kw_only=True)
class ForeignConfig:
    """Of another distribution.

    Attributes:
        model: which weights.
    """

    model: str
    window: int = 8
    features: config.FeatureConfig = field(default_factory=lambda: config.FeatureConfig(name="aliked-n16"))
    callback: Any = None

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError("window must be positive")


class TestABackendOfAnotherDistribution:
    @pytest.fixture(autouse=True)
    def known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = _settings.backend_configs()
        monkeypatch.setattr(_settings, "backend_configs", lambda: {**own, "foreign": ForeignConfig})

    def test_its_settings_are_options(self) -> None:
        found = config_of(
            "--backend", "foreign", "--foreign.model", "big", "--foreign.features.max-features", "9"
        ).backend
        assert (found.model, found.window, found.features.max_features) == ("big", 8, 9)
        assert found.features.name == "aliked-n16"
        assert (
            config_of("--backend", "foreign", "--foreign.model", "b", "--features", "sift").backend.features.name
            == "sift"
        )

    def test_what_it_needs_and_what_it_refuses_is_said(self) -> None:
        with pytest.raises(CinetrajError, match="needs model"):
            config_of("--backend", "foreign")
        with pytest.raises(CinetrajError, match="window must be positive"):
            config_of("--backend", "foreign", "--foreign.model", "b", "--foreign.window", "0")
        assert "{auto,colmap,colmap-sift,dense,glomap,foreign,command}" in flags_of("estimate")["--backend"]["value"]


def test_the_help_says_what_each_matcher_and_each_kind_of_features_is() -> None:
    from sfm.features.extract import kinds
    from sfm.matching.match import matchers

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        entry.main(["estimate", "--help"])
    said = " ".join(out.getvalue().replace("│", " ").split())  # out of its box, on one line
    assert len(matchers()) > 3
    for each in (*matchers().values(), *kinds().values()):
        assert f" {each.name}: {each.summary}." in said


def test_the_table_is_that_of_the_backends() -> None:
    from sfm import backends

    assert set(_settings.all_configs()) == {*backends.backends(), "command"}


class TestKeys:
    """Needs that a backend's config is found by its type."""

    def key(self, *options: str) -> dict[str, Any]:
        from sfm.batch import keys

        return keys.deciding(config_of(*options))

    def test_defaults_written_out_change_nothing(self) -> None:
        written = (
            "--shots.adaptive-ratio",
            "2",
            "--auto.keyframes",
            "16",
            "--long-side",
            "640",
            "--gravity.frames",
            "4",
        )
        assert self.key(*written) == self.key()

    def test_a_nested_option_is_recorded_and_decides(self) -> None:
        changed = self.key("--masks.blank.edge-grey", "6", "--auto.tracks.cells", "100")
        assert changed != self.key()
        assert changed["masks"]["blank"]["edge_grey"] == 6.0
        assert changed["backend"]["tracks"]["cells"] == 100


def test_a_file_that_cannot_be_saved_is_named_before_the_work() -> None:
    with pytest.raises(CinetrajError, match="save names 'dept', expected some of depth, mask, points"):
        config_of("--save", "dept")


def test_what_was_not_saved_is_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    shots = [
        {"name": name, "status": status, "unsaved": {"depth": "no depth", **more}}
        for name, status, more in (("a", "ok", {}), ("b", "failed", {}), ("c", "ok", {"mask": "no mask"}))
    ]
    estimate.tell("clip", {"status": "ok", "shots": shots})
    said = capsys.readouterr().err
    assert said == "cinetraj: warning: clip: depth was not saved: no depth (a, c); mask was not saved: no mask (c)\n"
    estimate.tell("clip", {"status": "ok", "shots": [{"name": "", "status": "ok", "unsaved": {}}]})
    assert capsys.readouterr().err == ""
    noted = {"status": "ok", "shots": [], "notes": ["the file carries no timestamps"]}
    for notes, expected in (([], ""), (noted["notes"], "cinetraj: warning: clip: the file carries no timestamps\n")):
        estimate.tell("clip", noted, notes=notes)
        assert capsys.readouterr().err == expected


def test_what_the_reader_tells_of_a_clip_is_not_told_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither where the estimate fails, as of pictures without texture."""
    for number in (1, 2, 4):
        Image.new("RGB", (96, 64), (120, 120, 120)).save(tmp_path / f"{number}.png")
    assert main(["estimate", str(tmp_path), "--out", str(tmp_path / "out"), "--name", "a", "--no-dense"]) == 1
    said = capsys.readouterr().err
    assert "a could not be estimated" in said
    assert said.count("1 of 4 numbers have no image (3)") == 1


def test_a_full_disk_is_said_with_the_place_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfm import pipeline
    from sfm.runs import folder

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pipeline, "estimate", lambda *_, **__: None)
    monkeypatch.setattr(folder, "write_run", full)
    with pytest.raises(CinetrajError, match=r"out cannot be written \(No space left on device\); put that right"):
        estimate.estimate_one("a.mp4", tmp_path / "out" / "a", config.EstimateConfig(), plot=False, quiet=True)


def test_pages_are_not_written_into_object_stores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "clip.mp4", "--out", "s3://bucket/runs", "--html"]) == 2
    assert "--html writes pages into folders, not into s3://bucket/runs" in capsys.readouterr().err
