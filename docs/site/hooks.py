"""What the site has beside docs/: CONTRIBUTING.md, CHANGELOG.md, the notebooks, and pages that no navigation names."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FROM_ROOT = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
WIDE = {
    "index.md": ["navigation", "toc"],
    "vocabulary.md": ["navigation", "toc"],
    "options.md": ["toc"],
    "protocols.md": ["navigation"],
    "formats.md": ["navigation"],
}
"""What pages with wide tables go without."""
_LINK = re.compile(r"(\]\()([^)#\s]+)")


def on_config(config: Any) -> Any:
    """The navigation with what it does not name."""
    named = set(_pages(config.nav))
    more = sorted(p.name for p in (ROOT / "docs").glob("*.md") if p.name not in named)
    develop = next(part["Develop"] for part in config.nav if "Develop" in part)
    develop += [{"How to add something": "contributing.md"}, {"Changes": "changelog.md"}]
    books = [f"notebooks/{path.stem}.md" for path in notebooks()]
    at = next(i for i, part in enumerate(config.nav) if "Reference" in part)
    if books:
        config.nav.insert(at, {"Notebooks": books})
    if more:
        config.nav.append({"More": more})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Pages made of files outside docs/."""
    from mkdocs.structure.files import File

    for source, page in FROM_ROOT.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_LINK.sub(_from_root, text)))
    for path in notebooks():
        text = as_markdown(path.read_text(encoding="utf-8"))
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links out of docs/ lead to the pages made above; wide pages go without their columns at the side."""
    if page.file.src_uri in WIDE:
        page.meta["hide"] = WIDE[page.file.src_uri]
    for source, target in FROM_ROOT.items():
        markdown = markdown.replace(f"](../{source}", f"]({target}")
    return markdown


def notebooks() -> list[Path]:
    """Notebooks that are kept as scripts."""
    return sorted((ROOT / "notebooks").glob("*.py"))


def as_markdown(script: str) -> str:
    """A script in the percent format as a page: cells of text as they are, cells of code as code."""
    said: list[str] = []
    for cell in re.split(r"^# %%", script, flags=re.MULTILINE)[1:]:
        head, _, body = cell.partition("\n")
        if "[markdown]" in head:
            said.append("\n".join(line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()))
        elif body.strip():
            said.append(f"```python\n{body.strip()}\n```")
    return "\n\n".join(said) + "\n"


def _from_root(link: re.Match[str]) -> str:
    target = FROM_ROOT.get(link[2], link[2])
    return link[1] + target.removeprefix("docs/")


def _pages(nav: Any) -> list[str]:
    """Names of the pages in a navigation."""
    if isinstance(nav, str):
        return [nav]
    below = nav.values() if isinstance(nav, dict) else nav
    return [page for each in below for page in _pages(each)]
