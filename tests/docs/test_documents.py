"""Links lead somewhere and the documents have the form they promise."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "deploy", "model", "service", "benchmarks", "tests")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]
)
RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    """Return a test's name for a document."""
    return path.relative_to(ROOT).as_posix()


def anchors(text: str) -> set[str]:
    """Return the anchors that a renderer makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_link_within_the_repository_leads_somewhere(document: Path) -> None:
    """The file that a relative link names exists, and so does the heading."""
    text = document.read_text()
    for groups in LINK.findall(FENCE.sub("", text)):
        link = next(group for group in groups if group)
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target.read_text()), f"{link}: no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_a_document_begins_with_its_title(document: Path) -> None:
    """The first line is a heading, and there is only one of the first rank."""
    text = FENCE.sub("", document.read_text())
    assert text.startswith(("# ", "<"))
    assert len(re.findall(r"^# ", text, re.MULTILINE)) <= 1


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_a_decision_record_has_its_number_and_its_sections(record: Path) -> None:
    """Number and title agree with the file, and the sections are those of the template, in order."""
    text = record.read_text()
    number = int(record.name[:4])
    assert text.startswith(f"# {number}. ")
    assert re.search(r"^Status: (accepted|replaced by \[)", text, re.MULTILINE)
    required = ["Context", "Decision", "Consequences"]
    assert [title for title in re.findall(r"^## (.+)$", text, re.MULTILINE) if title in required] == required


def test_no_two_decision_records_share_a_number() -> None:
    """A record can be cited by its number."""
    numbers = [record.name[:4] for record in RECORDS]
    assert len(set(numbers)) == len(numbers)


def test_the_changelog_knows_the_version() -> None:
    """Its newest section is the version of the package or what is still to come, and no section is newer than the package."""
    text = (ROOT / "CHANGELOG.md").read_text()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert headings[0] in ("Unreleased", version)
    released = [Version(heading) for heading in headings if heading != "Unreleased"]
    assert released == sorted(released, reverse=True)
    assert all(number <= Version(version) for number in released)
    sections = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_documents_tell_of_the_network_that_is_shipped() -> None:
    """Its sizes in the README, and its numbers in the explanation."""
    shipped = json.loads((ROOT / "model/data/shipped/manifest.json").read_text())["architecture"]
    first, *hidden, _ = shipped["sizes"]
    *some, final = map(str, hidden)
    told = f"{', '.join(some)} and {final}"
    assert f"hidden layers of {told} neurons" in (ROOT / "README.md").read_text()
    explained = (ROOT / "docs/how-it-learns.md").read_text()
    assert f"{first} pixels, {told} hidden neurons" in explained
    assert f"{shipped['weights']:,} numbers" in explained
