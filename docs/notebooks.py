"""Run the notebooks and write them as Markdown with their pictures: python docs/notebooks.py --out FOLDER."""

import argparse
import base64
import re
import tempfile
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def main() -> None:
    """Write the notebooks that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="without .py; all by default")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    names = given.names or sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:  # one for all: estimates of one serve the next
        for name in names:
            text = rendered(executed(NOTEBOOKS / f"{name}.py", Path(place)), name, given.out)
            (given.out / f"{name}.md").write_text(text, encoding="utf-8")
            print(given.out / f"{name}.md")


def executed(path: Path, place: Path) -> Any:
    """The notebook with its outputs."""
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(path, fmt="py:percent")
    resources = {"metadata": {"path": place}}
    return NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()


def rendered(notebook: Any, name: str, out: Path) -> str:
    """Markdown of a notebook; its pictures go into `out`."""
    parts: list[str] = []
    pictures = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                pictures += 1
                picture = out / f"{name}_{pictures}.png"
                picture.write_bytes(base64.b64decode(data["image/png"]))
                parts.append(f"![{name}, picture {pictures}]({picture.name})")
            elif "text/markdown" in data:
                parts.append(data["text/markdown"])
            elif "text/html" in data and "<table" in data["text/html"]:
                parts.append(re.sub(r"<style.*?</style>", "", data["text/html"], flags=re.DOTALL).strip())
            elif "text/plain" in data:
                parts.append(f"```text\n{data['text/plain']}\n```")
            elif output.output_type == "stream" and output.name == "stdout" and output.text.strip():
                parts.append(f"```text\n{output.text.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
