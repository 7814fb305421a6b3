"""Self-contained pages: one HTML file with its style, its script and its data, and no look at the network."""

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

ASSETS = Path(__file__).parent / "assets"


def asset(name: str) -> str:
    """A file of our own as text."""
    return (ASSETS / name).read_text(encoding="utf-8")


def embedded(value: Any) -> str:
    """JSON for a script element of a page."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    # "</" would end the script element; in JSON "<\/" is the same string.
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


def assembled(template: str, parts: Mapping[str, str]) -> str:
    """A page from its template: /*NAME*/ is replaced by that part; the parts come in the order of the template."""
    rest = asset(template)
    # One pass: a placeholder inside an inserted text must not be replaced in its turn.
    before: list[str] = []
    for name, text in parts.items():
        head, _, rest = rest.partition(f"/*{name}*/")
        before += [head, text]
    return "".join([*before, rest])


def data_uri(data: bytes, kind: str) -> str:
    """A file as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def packed(script: str) -> str:
    """A script in a third of its length, for a page that unpacks it by itself (`DecompressionStream`)."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def numbers(values: np.ndarray | None, digits: int = 5) -> list[Any] | None:
    """An array as lists of JSON numbers; what is not finite is null."""
    if values is None:
        return None
    if values.ndim > 1:
        return [numbers(row, digits) for row in values]
    return [round(float(v), digits) if np.isfinite(v) else None for v in values]
