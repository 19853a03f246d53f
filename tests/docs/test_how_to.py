"""The how-to pages can't rot: what they show is done, and comes out as they say."""

import re
import shutil
from pathlib import Path

import pytest

from docs.page import Reader, blocks
from tailrace.runtime.admin import Admin

ROOT = Path(__file__).parent.parent.parent
HOW_TO = ROOT / "docs" / "how-to"
PAGES = sorted(HOW_TO.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    found = blocks(page)
    assert {"sh", "text"} <= {block.language for block in found}
    Reader(tmp_path).follow(found)


def test_links_lead_somewhere() -> None:
    written = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = [(page, link) for page in written for link in re.findall(r"\]\(([^)#:\s]+)\)", page.read_text())]
    assert links
    assert [f"{page}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in PAGES if f"docs/how-to/{page.name}" not in readme] == []


def test_every_path_of_the_endpoint_is_told() -> None:
    told = (HOW_TO / "tests-in-other-languages.md").read_text()
    for (method, name), (_, members) in Admin(None)._paths.items():  # type: ignore[arg-type]
        (line,) = re.findall(rf"^\| `{method} /_tailrace/{name}` .*$", told, re.MULTILINE)
        assert all(f"`{member}`" in line for member in members)
