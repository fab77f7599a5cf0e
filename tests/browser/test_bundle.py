"""What the browser has to load, and what the built pages may not hold."""

import gzip
import json
import re
from pathlib import Path

HEADSET_LIMIT_BYTES = 200_000
CONSOLE_LIMIT_BYTES = 30_000


def loaded_by(dist: Path, page: str, *, later: bool, but: tuple[str, ...] = ()) -> set[Path]:
    """A page's scripts and styles and all they import, directly or not; with `later` also what it asks for itself.

    What only files whose names begin with one of `but` import is left out.
    """
    imports = r'(?:from|import)\s*["`]\./([^"`]+)["`]' + (r'|import\(["`]\./([^"`]+)["`]\)' if later else "")
    names = set(re.findall(r'(?:src|href)="/(assets/[^"]+)"', (dist / page).read_text(encoding="utf-8")))
    files = {dist / name for name in names}
    while True:
        imported = {
            file.parent / next(group for group in found.groups() if group)
            for file in files
            if file.suffix == ".js" and not file.name.startswith(but)
            for found in re.finditer(imports, file.read_text(encoding="utf-8"))
        }
        if imported <= files:
            return files
        files |= imported


def gzipped_bytes(files: set[Path]) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_headset_page_is_small(client: Path):
    files = loaded_by(client / "dist", "headset.html", later=True)
    assert any("headset" in file.name for file in files)
    assert gzipped_bytes(files) <= HEADSET_LIMIT_BYTES


def test_the_first_page_of_the_console_is_small(client: Path):
    """All that comes before the nurse reads the first page: HTML, style, and every script it waits for."""
    files = loaded_by(client / "dist", "console.html", later=False) | {client / "dist" / "console.html"}
    assert any("console" in file.name and file.suffix == ".js" for file in files)
    assert any(file.suffix == ".css" for file in files)
    assert gzipped_bytes(files) <= CONSOLE_LIMIT_BYTES


def test_the_console_fetches_its_other_pages_later_and_three_with_what_is_seen_in_3d_alone(client: Path):
    first = loaded_by(client / "dist", "console.html", later=False)
    files = loaded_by(client / "dist", "console.html", later=True, but=("surgeon_view", "plan_view"))
    later = {file.name.split("-")[0] for file in files - first}
    assert later >= {
        "team",
        "camera",
        "register",
        "check",
        "live",
        "plan_page",
        "surgeon_view",
        "plan_view",
        "en",
        "de",
    }
    assert not any("WebGLRenderer" in file.read_text(encoding="utf-8") for file in files)
    everything = loaded_by(client / "dist", "console.html", later=True)
    assert any("WebGLRenderer" in file.read_text(encoding="utf-8") for file in everything)


def test_every_text_file_lies_compressed_beside_itself(client: Path):
    files = [file for file in (client / "dist").rglob("*") if file.suffix in (".js", ".css", ".html", ".svg")]
    assert len(files) > 5
    for file in files:
        assert gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes()) == file.read_bytes()


def test_pages_have_nothing_inline(client: Path):
    """The content security policy allows no inline script and no inline style."""
    for page in ("headset.html", "console.html"):
        text = (client / "dist" / page).read_text(encoding="utf-8")
        assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text) == []
        assert "<style" not in text
        assert " style=" not in text


def test_emulator_is_not_in_the_pages(client: Path):
    for file in (client / "dist").rglob("*.js"):
        assert "metaQuest3" not in file.read_text(encoding="utf-8")


def test_lock_file_names_no_host(client: Path):
    """Every package has a digest and none an address: any registry may serve it."""
    packages = json.loads((client / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name
