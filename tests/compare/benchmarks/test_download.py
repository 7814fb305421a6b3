"""Downloads against a hub of our own on the loopback address: content, resuming, and what a user reads on failure."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from compare.benchmarks.download import CAMERABENCH_TEST, CINETECHBENCH, HubDataset, download
from trajectory.errors import CinetrajError

REVISION = "0123456789abcdef0123456789abcdef01234567"
REPO = "someone/clips"
FILES = {
    "README.md": b"not wanted",
    "test.jsonl": b'{"a": 1}\n',
    "videos/a.mp4": bytes(range(256)) * 400,
    "videos/b.mp4": b"b" * 5000,
}
WANTED = HubDataset(repo_id=REPO, include=("test.jsonl", "videos/*.mp4"), what="test")


class Hub(http.server.ThreadingHTTPServer):
    """Serves FILES as the hub does.

    budget: bytes of content until the connection breaks, None for no end. heals: the next connection works again.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.budget: int | None = None
        self.heals = False
        self.status: int | None = None
        self.requests: list[tuple[str, str, str | None]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def content_gets(self) -> list[tuple[str, str | None]]:
        return [
            (path.split(f"{REVISION}/")[1], byte_range)
            for verb, path, byte_range in self.requests
            if verb == "GET" and "/resolve/" in path
        ]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def answer(self, verb: str) -> None:
        hub = self.server
        hub.requests.append((verb, self.path, self.headers.get("Range")))
        if hub.status is not None:
            self.send_error(hub.status)
            return
        if hub.budget is not None and hub.budget <= 0:
            self.close_connection = True
            self.connection.close()
            return
        path = self.path.split("?")[0]
        if path == f"/api/datasets/{REPO}":
            self.send(json.dumps({"id": REPO, "sha": REVISION, "tags": [], "siblings": []}).encode(), verb)
        elif path.startswith(f"/api/datasets/{REPO}/tree/{REVISION}"):
            tree = [
                {"type": "file", "path": p, "size": len(c), "oid": hashlib.sha1(c).hexdigest()}
                for p, c in FILES.items()
            ]
            self.send(json.dumps([*tree, {"type": "directory", "path": "videos", "oid": "0"}]).encode(), verb)
        elif path.startswith(f"/datasets/{REPO}/resolve/{REVISION}/"):
            self.send(FILES[path.split(f"{REVISION}/")[1]], verb, file=True)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def send(self, content: bytes, verb: str, *, file: bool = False) -> None:
        start = 0
        byte_range = self.headers.get("Range")
        if file and verb == "GET" and byte_range:
            start = int(byte_range.removeprefix("bytes=").split("-")[0])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if verb == "HEAD":
            return
        body = content[start:]
        if file and self.server.budget is not None:
            body, self.server.budget = body[: self.server.budget], self.server.budget - len(body)
        self.wfile.write(body)
        if len(body) < len(content) - start:
            self.wfile.flush()
            if self.server.heals:
                self.server.budget = None
            self.close_connection = True
            self.connection.close()

    def do_GET(self) -> None:
        self.answer("GET")

    def do_HEAD(self) -> None:
        self.answer("HEAD")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    # The client waits between its own retries; the waiting is not what is tested.
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    server = Hub()
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_wanted_files_arrive_with_their_paths_and_content(hub: Hub, tmp_path: Path) -> None:
    calls: list[tuple[int, int, str]] = []
    result = download(WANTED, tmp_path, progress=lambda *call: calls.append(call))
    wanted = ["test.jsonl", "videos/a.mp4", "videos/b.mp4"]
    assert [path.relative_to(tmp_path).as_posix() for path in result.files] == wanted
    assert all((tmp_path / name).read_bytes() == FILES[name] for name in wanted)
    assert not (tmp_path / "README.md").exists()
    assert result.revision == REVISION
    assert result.bytes_total == sum(len(FILES[name]) for name in wanted)
    assert [call[:2] for call in calls] == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_dataset_of_two_names_is_found_under_the_one_that_answers(hub: Hub, tmp_path: Path) -> None:
    renamed = replace(WANTED, repo_id="someone/clips-new", other_id=REPO)
    assert download(renamed, tmp_path).repo_id == REPO
    assert download(replace(WANTED, other_id="someone/old"), tmp_path).repo_id == REPO
    with pytest.raises(CinetrajError, match=r"no dataset someone/clips-new or someone/old \(or it wants HF_TOKEN\)"):
        download(replace(renamed, other_id="someone/old"), tmp_path)


def test_a_second_download_fetches_no_content(hub: Hub, tmp_path: Path) -> None:
    download(WANTED, tmp_path)
    before = len(hub.content_gets())
    download(WANTED, tmp_path)
    assert before == 3
    assert len(hub.content_gets()) == before


def test_a_broken_connection_goes_on_inside_the_file(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The client keeps whole chunks only; its own 10 MB would need a larger file here.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    hub.budget, hub.heals = len(FILES["test.jsonl"]) + 30_000, True
    download(WANTED, tmp_path)
    assert hub.content_gets() == [
        ("test.jsonl", None),
        ("videos/a.mp4", None),
        ("videos/a.mp4", "bytes=30000-"),
        ("videos/b.mp4", None),
    ]
    assert (tmp_path / "videos/a.mp4").read_bytes() == FILES["videos/a.mp4"]


def test_after_a_lasting_break_only_the_missing_files_are_fetched(hub: Hub, tmp_path: Path) -> None:
    hub.budget = len(FILES["test.jsonl"]) + 30_000
    with pytest.raises(CinetrajError, match=r"same command again: complete files are kept") as caught:
        download(WANTED, tmp_path)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "test.jsonl").read_bytes() == FILES["test.jsonl"]
    assert not (tmp_path / "videos/a.mp4").exists()
    hub.budget, already = None, len(hub.content_gets())
    download(WANTED, tmp_path)
    assert [name for name, _ in hub.content_gets()[already:]] == ["videos/a.mp4", "videos/b.mp4"]
    assert (tmp_path / "videos/a.mp4").read_bytes() == FILES["videos/a.mp4"]


def test_limit_takes_the_first_files(hub: Hub, tmp_path: Path) -> None:
    assert len(download(WANTED, tmp_path, limit=2).files) == 2
    assert not (tmp_path / "videos/b.mp4").exists()
    with pytest.raises(CinetrajError, match="limit is 0"):
        download(WANTED, tmp_path, limit=0)


def test_no_network_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match=r"cannot reach http://127\.0\.0\.1:9 .*check the network") as caught:
        download(CINETECHBENCH, tmp_path / "new", endpoint="http://127.0.0.1:9")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("dataset", "status", "message"),
    [
        (CAMERABENCH_TEST, None, "has no dataset syCen/CameraBench"),
        (WANTED, 503, "answered 503 for someone/clips"),
        (HubDataset(repo_id=REPO, include=("*.zip",), what=""), None, r"no file like \*\.zip"),
    ],
)
def test_what_the_hub_refuses(hub: Hub, tmp_path: Path, dataset: HubDataset, status: int | None, message: str) -> None:
    hub.status = status
    with pytest.raises(CinetrajError, match=message) as caught:
        download(dataset, tmp_path)
    assert "\n" not in str(caught.value)
