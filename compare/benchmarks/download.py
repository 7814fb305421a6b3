# pyright: basic
# (huggingface_hub's types)
"""Fetching the benchmarks' data from the Hugging Face hub: resumable, one revision, with plain messages."""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from trajectory.errors import CinetrajError

if TYPE_CHECKING:
    from huggingface_hub import HfApi


@dataclass(frozen=True, kw_only=True)
class HubDataset:
    """A dataset on the hub and which of its files are wanted (patterns of fnmatch).

    Attributes:
        other_id: another name under which it has been published, asked for where the hub has not the first.
    """

    repo_id: str
    include: tuple[str, ...]
    what: str
    other_id: str | None = None


CAMERABENCH_TEST = HubDataset(
    repo_id="syCen/CameraBench",
    include=("test.jsonl", "videos/*.mp4"),
    what="the test set: captions and labels (test.jsonl) and its clips",
)
CAMERABENCH_VIDEOS = HubDataset(
    repo_id="syCen/Videos4CameraBench",  # in the authors' script since 2025-09-02
    other_id="syCen/Videos4CameraBnech",  # before
    include=("*.mp4",),
    what="the clips that the official evaluation code downloads",
)
CINETECHBENCH = HubDataset(
    repo_id="Xinran0906/CineTechBench",
    include=("video_annotation.json", "image_annotation*"),
    what="the annotations; the movie clips are cut from your own source videos",
)


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """What `download` left in the folder. `files` are paths below it; `revision` is the commit on the hub."""

    repo_id: str
    folder: Path
    revision: str
    files: tuple[Path, ...]
    bytes_total: int


def download(
    dataset: HubDataset,
    folder: str | Path,
    *,
    endpoint: str | None = None,
    limit: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Downloaded:
    """Fetch the wanted files of a dataset into `folder`, keeping their paths.

    A broken connection goes on inside the file; after a break that lasts, the same call fetches only what is missing:
    files that are there and of the hub's revision are left alone, and no half file stands under a final name.

    Args:
        endpoint: address of the hub; default the environment variable HF_ENDPOINT, else huggingface.co.
        limit: only the first `limit` files in the order of their names.
        progress: called with (files done, files in all, name of the file that comes next or came last).

    Raises:
        CinetrajError: no network, no such dataset, no file that matches, or too little room on the disk.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    address = endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    target = Path(folder)
    if limit is not None and limit < 1:
        raise CinetrajError(f"limit is {limit}, expected at least 1 file")
    api = HfApi(endpoint=address)
    dataset, revision = _found(api, dataset, address)
    with _plain_errors(dataset, address):
        tree = api.list_repo_tree(dataset.repo_id, repo_type="dataset", recursive=True, revision=revision)
        sizes = {entry.path: entry.size for entry in tree if isinstance(entry, RepoFile)}
    wanted = sorted(path for path in sizes if any(fnmatch(path, pattern) for pattern in dataset.include))[:limit]
    if not wanted:
        raise CinetrajError(
            f"{dataset.repo_id} has no file like {', '.join(dataset.include)} (it has {len(sizes)} files); "
            "the dataset may have moved: see the benchmark's own page"
        )
    _check_room(target, {path: sizes[path] for path in wanted})
    for done, path in enumerate(wanted):
        if progress is not None:
            progress(done, len(wanted), path)
        with _plain_errors(dataset, address):
            api.hf_hub_download(
                dataset.repo_id, path, repo_type="dataset", revision=revision, local_dir=target, etag_timeout=30
            )
        _check_size(target / path, sizes[path])
    if progress is not None:
        progress(len(wanted), len(wanted), wanted[-1])
    return Downloaded(
        repo_id=dataset.repo_id,
        folder=target,
        revision=revision,
        files=tuple(target / path for path in wanted),
        bytes_total=sum(sizes[path] for path in wanted),
    )


def _found(api: "HfApi", dataset: HubDataset, address: str) -> tuple[HubDataset, str]:
    """The dataset under the first of its names that the hub knows, and its revision."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    with _plain_errors(dataset, address):
        try:
            revision = api.dataset_info(dataset.repo_id).sha
        except RepositoryNotFoundError as error:
            if dataset.other_id is None or isinstance(error, GatedRepoError):
                raise
            revision = api.dataset_info(dataset.other_id).sha
            dataset = replace(dataset, repo_id=dataset.other_id, other_id=None)
    if revision is None:
        raise CinetrajError(f"{address} gave no revision for {dataset.repo_id}; try again later")
    return dataset, revision


def _check_size(path: Path, expected: int) -> None:
    size = path.stat().st_size
    if size != expected:
        raise CinetrajError(f"{path} has {size} bytes, expected {expected}; delete it and start the download again")


def _check_room(folder: Path, sizes: dict[str, int]) -> None:
    missing = sum(size for path, size in sizes.items() if not (folder / path).exists())
    existing = folder.resolve()
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if missing > free:
        raise CinetrajError(
            f"{folder} has room for {free / 1e9:.1f} GB, but {missing / 1e9:.1f} GB are missing; choose another folder"
        )


@contextmanager
def _plain_errors(dataset: HubDataset, address: str) -> Generator[None]:
    """Turn what the hub's client raises into one line with a remedy; the cause stays attached."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HTTPError,  # pyright: ignore[reportPrivateImportUsage] - of whichever HTTP client the hub's client uses
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    again = "then start the same command again: complete files are kept"
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise CinetrajError(f"HF_HUB_OFFLINE is set, so nothing can be downloaded; unset it, {again}") from error
    except GatedRepoError as error:
        raise CinetrajError(
            f"{dataset.repo_id} asks for consent; accept its terms on {address} and set HF_TOKEN, {again}"
        ) from error
    except RepositoryNotFoundError as error:
        names = " or ".join(name for name in (dataset.repo_id, dataset.other_id) if name)
        raise CinetrajError(
            f"{address} has no dataset {names} (or it wants HF_TOKEN); see the benchmark's own page"
        ) from error
    except HfHubHTTPError as error:
        raise CinetrajError(
            f"{address} answered {error.response.status_code} for {dataset.repo_id}; wait a little, {again}"
        ) from error
    except (HTTPError, LocalEntryNotFoundError, ConnectionError, TimeoutError) as error:
        raise CinetrajError(
            f"cannot reach {address} for {dataset.repo_id} ({type(error).__name__}); check the network or set "
            f"HF_ENDPOINT to a mirror, {again}"
        ) from error
