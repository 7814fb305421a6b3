"""What a file is by its first bytes, whatever its name says: a picture, a film, or something that is no clip at all."""

import os
import re
from pathlib import Path
from typing import Final

from sfm.video.completeness import BOXES

HEAD_BYTES = 4096
PICTURE, FILM, UNKNOWN = "picture", "film", ""
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM", b"\0\0\0\x0cjP  ")
_FILMS = (b"GIF87a", b"GIF89a", b"\x1a\x45\xdf\xa3", b"FLV\1", b"OggS", b"\x30\x26\xb2\x75", b"YUV4MPEG2")
_STILL_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx")
_ARCHIVES: Final = {
    b"PK\3\4": "ZIP",
    b"PK\5\6": "ZIP",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\7": "RAR",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_WEB_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body|title|script|meta)\b", re.IGNORECASE)
_POINTER = b"version https://git-lfs.github.com/spec"


def content_of(path: Path) -> str:
    """Whether the content is a picture (still or animated) or a film; "" where its first bytes do not say."""
    head = _head(path)
    if head.startswith(_PICTURES) or _pnm(head) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return PICTURE
    if head[4:8] in BOXES:
        return PICTURE if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS else FILM
    return FILM if head.startswith(_FILMS) or (head[:4] == b"RIFF" and head[8:12] == b"AVI ") else UNKNOWN


def no_clip(path: Path) -> str:
    """What a file that is no clip is, and the remedy: two parts of a message. "" where it may be one."""
    head = _head(path)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_POINTER) or text.startswith((b"/annex/objects/", b"../.git/annex/")):
        tool = "Git LFS" if text.startswith(_POINTER) else "git-annex"
        command = "git lfs pull" if tool == "Git LFS" else "git annex get"
        return f"this is a pointer of {tool}, not the file itself; fetch the file with `{command}`"
    if _WEB_PAGE.search(text[:1024]) and text.startswith(b"<"):
        return "this is a web page (HTML), not the file behind it; download the file itself"
    if text.startswith((b"<?xml", b"<Error", b"<svg")):
        return f"this is a text in XML ({_beginning(text)}); download the file itself"
    if text.startswith((b"{", b"[")) and _is_text(head):
        return "this is a text in JSON; give a video or images"
    if head.startswith(b"PK") and path.suffix.lower() == ".npz":
        return "these are arrays of NumPy, perhaps a camera path; give a video or images"
    for magic, name in _ARCHIVES.items():
        if head.startswith(magic):
            return f"this is an archive ({name}); unpack it and give what is inside"
    if head[257:262] == b"ustar":
        return "this is an archive (tar); unpack it and give what is inside"
    if head.startswith(b"%PDF"):
        return "this is a PDF; give a video or images"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "this is a HEIF picture, which cannot be read; convert it to JPEG"
    if head and not head.strip(b"\0") and _is_zero(path):
        return "all its bytes are zero: a download that has only begun; get the file again"
    return ""


def is_text(path: Path) -> bool:
    """Whether a file begins as a text that people read."""
    return _is_text(_head(path))


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 or len(head) < HEAD_BYTES:  # but for a letter that the end has cut
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(letter.isprintable() or letter.isspace() for letter in text)


def _is_zero(path: Path) -> bool:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if block.strip(b"\0"):
                return False
    return True


def _pnm(head: bytes) -> bool:
    return re.match(rb"P[1-7]\s", head) is not None


def _beginning(text: bytes) -> str:
    words = re.sub(rb"<\?xml[^>]*\?>", b"", text[:400]).decode("utf-8", "replace")
    return " ".join(re.sub(r"[^\x20-\x7e]", " ", words).split())[:60]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return os.read(file.fileno(), HEAD_BYTES)
