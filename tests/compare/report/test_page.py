"""The page: self-contained, and alive in a real browser."""

import base64
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
import webdriver
from paths import elsewhere, path, smooth

from compare.report import page as report
from compare.scoring import score
from compare.uncertainty import noise_floor
from trajectory.errors import CinetrajError, ReadError
from trajectory.model import Provenance, Trajectory

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)


def made_by(seed: int, source: str, **fields) -> Trajectory:
    return smooth(seed, scene_depth=np.full(40, 3.0), provenance=Provenance(backend="auto", source=source), **fields)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, five clips of which one failed and one stands still, two protocols, a noise floor."""
    folder = tmp_path_factory.mktemp("scores")
    still = path(np.zeros((40, 3)), np.zeros((40, 3)), provenance=Provenance(backend="auto", source="still.mp4"))
    references = {name: made_by(i, f"{name}.mp4") for i, name in enumerate(["pan", "arc", "dolly", "</script>"])}
    references["still"] = still
    close = {name: elsewhere(t, 3) for name, t in references.items()}
    lost = np.ones(40, dtype=bool)
    lost[25:] = False
    far = {
        "pan": made_by(11, "far-pan.mp4"),
        "arc": made_by(12, "far-arc.mp4").replace(valid=lost),
        "</script>": made_by(13, "x"),
        "still": made_by(14, "far-still.mp4"),
    }
    for model, generated in (("close", close), ("far", far)):
        for protocol in ("strict", "cinetechbench-compat"):
            result = score(references, generated, protocol=protocol, model=model, detail=True)
            result.save(folder / f"{model}_{protocol}.json")
    floor = noise_floor(
        [(references["pan"], made_by(0, "pan.mp4"), "reencoded"), (made_by(1, ""), made_by(2, ""), "resized")]
    )
    (folder / report.NOISE_FILE).write_text(json.dumps(floor.to_json()))
    return folder


@pytest.fixture(scope="module")
def page_file(scores: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("plotly")
    return report.write(
        scores,
        tmp_path_factory.mktemp("page") / "report.html",
        title="Two models",
        thumbnails=lambda source: [JPEG] * 3 if source.endswith(".mp4") else [],
    )


def test_the_page_needs_no_network_and_holds_plotly_once(page_file: Path) -> None:
    text = page_file.read_text()
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=[\"']?(https?:)?//", text)
    assert text.count("<script>") == 1
    assert len(text) < 3_000_000  # Plotly is 4.7 MB, and packed
    inner = re.search(r'<script id="plotly" type="application/octet-stream">(.*?)</script>', text)
    assert inner
    assert "plotly.js v" in gzip.decompress(base64.b64decode(inner[1])).decode()[:200]


def test_the_tab_is_called_as_the_page(ranked: Path) -> None:
    assert "<title>Three &lt;models&gt; &amp; one</title>" in ranked.read_text()


def test_names_cannot_break_out_of_the_data(page_file: Path) -> None:
    text = page_file.read_text()
    inner = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert inner
    data = json.loads(inner[1])
    assert {row["clip"] for row in data["boards"][0]["clips"]} == {"pan", "arc", "dolly", "still", "</script>"}
    assert data["boards"][0]["paired"]
    assert data["noise"]["strict"]["RotErr"] > 0


def payload(file: Path) -> dict:
    inner = re.search(r'<script id="data" type="application/json">(.*?)</script>', file.read_text(), re.DOTALL)
    assert inner
    return json.loads(inner[1])


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of three models on eight clips: the first has ratios of 0 and 2 and the largest errors, the last the
    smallest; each has a note of its own, and one that all have."""
    pytest.importorskip("plotly")
    names = "abcdefgh"
    paths = {name: smooth(i) for i, name in enumerate(names)}
    base = score(paths, paths).record()
    records = []
    for k, model in enumerate(("wild", "middle", "near")):
        record = json.loads(json.dumps({**base, "model": model}))
        ratios = [0.0, 2.0] if model == "wild" else [0.3 + 0.2 * k, 0.4 + 0.2 * k]
        for i, name in enumerate(names):
            for policy in ("drop", "worst"):
                record["values"][policy].setdefault("RotErr", {})[name] = 9.0 - 3 * k + 0.1 * i
                record["values"][policy].setdefault("MotionRatio", {})[name] = ratios[i % 2]
        record["rows"]["a"]["notes"] = ["the reference is unreliable"]
        record["rows"]["b"]["notes"] = [f"{model} is unreliable (rotation 0.3)"]
        record["rows"]["c"]["notes"] = [f"{model} is unreliable (rotation 0.4)"]
        record["protocol"]["notes"] += ["the reference is unreliable (a)"]
        record["protocol"]["notes"] += [
            f"{model} is unreliable (rotation 0.{n}) ({c})" for n, c in ((3, "b"), (4, "c"))
        ]
        records.append(record)
    return report.write(records, tmp_path_factory.mktemp("ranked") / "report.html", title="Three <models> & one")


def test_the_notes_of_every_model_are_kept_apart(ranked: Path) -> None:
    (board,) = payload(ranked)["boards"]
    assert [m["notes"] for m in board["models"]] == [
        [
            {"text": "the reference is unreliable", "clips": "a"},
            {"text": f"{model} is unreliable (rotation 0.3 to 0.4)", "clips": "b, c"},
        ]
        for model in ("wild", "middle", "near")
    ]
    assert not any("unreliable" in note for note in board["notes"])


def test_best_is_what_the_differences_of_clips_tell(scores: Path, ranked: Path, tmp_path: Path) -> None:
    (board,) = payload(ranked)["boards"]
    for metric in ("RotErr", "MotionRatio"):  # though the mean of the ratios 0 and 2 is 1
        assert [m["policies"]["worst"][metric]["best"] for m in board["models"]] == [False, False, True], metric
    assert not any(m["policies"]["worst"]["TransErr"]["best"] for m in board["models"])  # of equals none is
    few = report.write(scores, tmp_path / "few.html")  # five clips: no difference is told
    models = payload(few)["boards"][0]["models"]
    assert not any(entry["best"] for m in models for table in m["policies"].values() for entry in table.values())


def test_a_board_knows_what_a_mean_could_be_over_and_whether_noise_can_be_measured(page_file: Path) -> None:
    strict, compat = payload(page_file)["boards"]
    assert [m["clips"] for m in strict["models"]] == [{"drop": 5, "worst": 5}, {"drop": 4, "worst": 5}]
    assert [m["policies"]["worst"]["DirErr"]["clips"] for m in strict["models"]] == [4, 4]  # of "still" there is none
    assert strict["measurable"]
    assert compat["measurable"]
    record = score({"a": smooth(1)}, {"a": smooth(2)}).record()
    for change in ({"name": "ours"}, {"metrics": ["NavScore"]}):
        other = {**record, "protocol": {**record["protocol"], **change}}
        assert not report.empty_board("other", other)["measurable"], change


@pytest.mark.slow
@pytest.mark.skipif(
    not (webdriver.CHROMIUM and webdriver.DRIVER),
    reason="no chromium with chromedriver; apt-get install chromium-driver",
)
def test_what_is_in_view_at_once(ranked: Path, tmp_path: Path) -> None:
    with webdriver.browser(tmp_path) as page:
        page.width(1400)
        page.go(ranked)
        page.wait("return document.querySelectorAll('#board tbody tr').length === 3")
        # The bars stand in the order of the table, once the plots are unpacked.
        bars = page.wait("return document.getElementById('overview').data?.[0].x")
        rows = page.run("return [...document.querySelectorAll('#board tbody tr')].map(r => r.children[0].textContent)")
        assert bars == rows == ["near", "middle", "wild"]
        best = "return [...document.querySelectorAll('#board td.best')].map(c => c.firstChild.textContent)"
        assert page.run(best) == ["3.35", "0.75"]  # of RotErr and MotionRatio
        notes = page.run("return document.getElementById('notes').innerText")
        assert [
            notes.index(f"{model} is unreliable (rotation 0.3 to 0.4) (b, c)") for model in ("wild", "middle", "near")
        ]
        assert notes.count("the reference is unreliable (a)") == 1
        # At this width nothing is scrolled sideways.
        for table in ("board", "clips"):
            box = f"document.getElementById('{table}').parentNode"
            assert page.run(f"return {box}.scrollWidth - {box}.clientWidth") == 0, table
        assert page.log() == []


@pytest.mark.slow
@pytest.mark.skipif(
    not (webdriver.CHROMIUM and webdriver.DRIVER),
    reason="no chromium with chromedriver; apt-get install chromium-driver",
)
def test_scores_without_a_unit_are_told_without_empty_words(tmp_path: Path) -> None:
    # Where no clip has a score: "Units: .", and "RotErr ()" at the axis and in the head of the table.
    pytest.importorskip("plotly")
    record = score({"a": smooth(1)}, {"a": "gone.npz"}, model="none").record()
    with webdriver.browser(tmp_path) as page:
        page.go(report.write([record], tmp_path / "report.html"))
        page.wait("return document.querySelectorAll('#board tbody tr').length === 1")
        assert "Units" not in page.run("return document.getElementById('brackets').textContent")
        titles = page.run("return [...document.querySelectorAll('[title]')].map((node) => node.title)")
        assert not [title for title in titles if "()" in title]


@pytest.mark.slow
@pytest.mark.skipif(
    not (webdriver.CHROMIUM and webdriver.DRIVER),
    reason="no chromium with chromedriver; apt-get install chromium-driver",
)
def test_the_names_below_the_bars_are_whole_and_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    names = [f"a_model_whose_name_is_long_{k}" for k in range(11)] + ["one <b>bold<br>& <i>more"]
    records = [score({"a": smooth(1)}, {"a": smooth(2)}, model=name).record() for name in names]
    file = report.write(records, tmp_path / "names.html")
    with webdriver.browser(tmp_path) as page:
        page.width(1200)
        page.go(file)
        labels = "[...document.querySelectorAll('#overview .xtick text')]"
        page.wait(f"return {labels}.length === {len(names)}")
        assert sorted(page.run(f"return {labels}.map((n) => n.textContent)")) == sorted(names)
        box = "document.getElementById('overview').getBoundingClientRect()"
        inside = f"n.getBoundingClientRect().bottom <= {box}.bottom && n.getBoundingClientRect().right <= {box}.right"
        assert page.run(f"return {labels}.every((n) => {inside})")


def test_a_preset_that_was_changed_is_called_so() -> None:
    pytest.importorskip("plotly")
    changed = score({"a": smooth(1)}, {"a": smooth(2)}, model="m", time="progress").record()
    plain = score({"a": smooth(1)}, {"a": smooth(2)}, model="m").record()
    for order in ([changed, plain], [plain, changed]):
        page = report.render(order)
        inner = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
        assert inner
        boards = json.loads(inner[1])["boards"]
        assert {board["protocol"] for board in boards} == {
            "strict",
            f"strict (time progress, {changed['protocol']['hash'][:6]})",
        }


def test_folders_that_hold_no_scores_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="does not exist"):
        report.load(tmp_path / "nowhere")
    with pytest.raises(CinetrajError, match="holds no scores"):
        report.load(tmp_path)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ReadError, match="no saved scores"):
        report.load(tmp_path)
    (tmp_path / "other.json").write_text("not json")
    with pytest.raises(ReadError, match="is no JSON"):
        report.load(tmp_path)


def test_saved_scores_hold_the_numbers_of_the_result(scores: Path) -> None:
    records, floors = report.load(scores)
    assert len(records) == 4
    assert floors[0]["protocol"] == "strict"
    (far,) = [r for r in records if r["model"] == "far" and r["protocol"]["name"] == "strict"]
    assert far["coverage"] == {"ok": 4, "all": 5}
    assert far["values"]["worst"]["RotErr"]["dolly"] == 180
    assert "dolly" not in far["values"]["drop"]["RotErr"]
    assert far["values"]["worst"]["RotErr"]["arc"] > far["values"]["drop"]["RotErr"]["arc"]
    detail = far["details"]["arc"]
    assert len(detail["reference"]["xyz"]) == len(detail["errors"]["RotErr"]["values"]) == 100
    assert detail["generated"]["xyz"][-1] is None


@pytest.mark.slow
@pytest.mark.skipif(
    not (webdriver.CHROMIUM and webdriver.DRIVER),
    reason="no chromium with chromedriver; apt-get install chromium-driver",
)
def test_in_a_browser(scores: Path, page_file: Path, tmp_path: Path) -> None:
    with webdriver.browser(tmp_path) as page:
        page.go(page_file)
        page.wait("return document.querySelectorAll('#board tbody tr').length === 2")
        assert page.run("return document.querySelectorAll('#clips tbody tr').length") == 10
        # Noise: said in words, and a line in the plot.
        # What brackets and units are stands there to be read: on paper nobody can point at a cell.
        brackets = page.run(
            "return document.getElementById('brackets').textContent"
        )  # on paper nobody can point at them
        assert brackets.startswith("Units: RotErr deg, ")
        assert "Square brackets: 95 % over clips; over fewer than 6 clips they are too narrow." in brackets
        assert "Differences below it mean nothing" in page.run("return document.getElementById('noise').textContent")
        assert page.wait("return document.querySelectorAll('#overview .shapelayer path').length") == 1
        assert page.run("return document.querySelectorAll('#board tbody .under')[0].textContent").startswith("[")
        fewer = "return [...document.querySelectorAll('#board td')].filter(c => /on 4 clips$/.test(c.innerText)).length"
        assert page.run(fewer) >= 2
        assert "that all models have a value for" in page.run("return document.getElementById('fewer').textContent")
        # Sorting.
        first = "return document.querySelector('#board tbody td').textContent"
        assert page.run(first) == "close"
        header = (
            "[...document.querySelectorAll('#board th button')].find(b => b.textContent.startsWith('RotErr')).click();"
        )
        page.run(header)
        order = [page.run(first)]
        page.run(header)
        order.append(page.run(first))
        assert sorted(order) == ["close", "far"]
        assert page.run("return document.querySelectorAll('#board th[aria-sort]').length") == 1
        # A failure is a row with its reason, and finding works.
        page.run(
            "const f = document.getElementById('find'); f.value = 'no generated'; f.dispatchEvent(new Event('input'))"
        )
        assert page.run("return document.querySelector('#clips tbody').textContent").startswith("dollyfar")
        page.run("const f = document.getElementById('find'); f.value = ''; f.dispatchEvent(new Event('input'))")
        # A clip opens: strips, 3-D paths drawn by WebGL, errors with the noise line, moves of both.
        page.run('document.querySelector(\'#clips tr[data-clip="arc"][data-model="far"]\').click()')
        page.wait("return !document.getElementById('detail').hidden")
        assert page.run("return document.querySelectorAll('#strips img').length") == 6
        page.wait("const s = document.getElementById('paths')._fullLayout?.scene?._scene; return !!(s && s.glplot?.gl)")
        traces = page.run("return document.getElementById('paths').data.map(t => [t.name || '', t.x.length])")
        assert [t[0] for t in traces if t[0]] == ["reference", "generated"]
        assert len(traces) == 4
        lit = page.wait(
            "const s = document.getElementById('paths')._fullLayout.scene._scene.glplot; s.redraw();"
            "const gl = s.gl, w = gl.drawingBufferWidth, h = gl.drawingBufferHeight, p = new Uint8Array(4 * w * h);"
            "gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, p); let n = 0;"
            "for (let i = 3; i < p.length; i += 4) n += p[i] > 0; return n"
        )
        assert lit > 500
        assert page.run("return document.querySelectorAll('#errors .shapelayer path').length") == 1
        assert page.run("return document.querySelectorAll('#moves .bars').length") > 0
        # Other failure policy, other protocol, dark.
        mean = "return [...document.querySelectorAll('#board tbody tr')].map(r => r.children[3].textContent).join()"
        charged = page.run(mean)
        page.run("const p = document.getElementById('policy'); p.value = 'drop'; p.dispatchEvent(new Event('change'))")
        assert page.run(mean) != charged
        page.run("document.documentElement.dataset.theme = 'light'; document.getElementById('theme').click()")
        assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
        # Every protocol is named in view, the one that is shown marked.
        tabs = "[...document.querySelectorAll('#protocols button')]"
        shown = f"return {tabs}.filter(b => b.getAttribute('aria-pressed') === 'true').map(b => b.textContent).join()"
        assert page.run("return document.getElementById('protocols').offsetHeight > 0")
        assert page.run(f"return {tabs}.length") == 2
        before = page.run(shown)
        page.run(f"{tabs}[1].click()")
        assert page.run(shown) != before
        # Columns without any value are left out, what is not measured says how it is, and a phone can show it all.
        heads = "return [...document.querySelectorAll('#clips th')].map(h => h.textContent.split(' ')[0])"
        assert page.run(heads) == ["Clip", "Model", "RotErr", "TransErr", "CamMC"]
        assert page.run("const r = document.querySelector('#clips td.reason'); return r.colSpan") == 3
        said = page.run("return document.getElementById('noise').textContent")
        assert "cinetraj noise CLIP... --protocol cinetechbench-compat --out SCORES" in said
        page.width(500)
        page.run("document.querySelector('details').open = true")
        for name in ("stamp", "paired"):
            assert page.run(f"const e = document.getElementById('{name}'); return e.scrollWidth - e.clientWidth") == 0
        wide = "Math.max(...[...document.querySelectorAll('#paired td')].map(c => c.getBoundingClientRect().right))"
        assert page.run(f"return {wide}") <= 500
        assert page.run(f"{tabs}[0].click(); {heads}")[2] == "Compared"
        assert page.run("return document.getElementById('lead').textContent").startswith("2 models under")
        assert page.log() == []
        # Whole numbers keep their zeros.
        (record,) = [r for r in report.load(scores)[0] if r["model"] == "far" and r["protocol"]["name"] == "strict"]
        record["clips"]["pan"]["RotErr"] = 1500.0
        page.go(report.write([record], tmp_path / "large.html"))
        page.wait("return document.querySelectorAll('#clips tbody tr').length === 5")
        assert (
            page.run("return document.querySelector('#clips tr[data-clip=\"pan\"]').children[3].textContent") == "1500"
        )
        assert page.run("return document.getElementById('protocols').offsetHeight") == 0
        page.run("const f = document.getElementById('find'); f.value = 'pan'; f.dispatchEvent(new Event('input'))")
        assert page.run("return document.getElementById('count').textContent") == "1 row"
        assert page.log() == []
