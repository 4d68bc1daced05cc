"""Collects the licences of the Python libraries that a package carries, into one text.

    python packaging/licences.py SITE-PACKAGES > licences.txt

SITE-PACKAGES is the folder with the libraries and their `.dist-info`. A library without its licence's text is an error:
a package may not be given to others then.
"""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


def collect(folder: str) -> str:
    """Without utterkey itself."""
    found = {name(library): library for library in distributions(path=[folder]) if name(library) != "utterkey"}
    if not found:
        raise SystemExit(f"There is no library in {folder}.")
    return "\n".join(_chapter(found[key]) for key in sorted(found, key=str.lower))


def name(library: Distribution) -> str:
    return str(library.metadata["Name"])


def terms(library: Distribution) -> str:
    """In a word or two, as the library's metadata has it."""
    about = library.metadata
    classified = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if "License :: " in line]
    licence = str(about["License-Expression"] or about["License"] or "").strip()
    return licence if licence and "\n" not in licence else ", ".join(classified)


def texts(library: Distribution) -> list[str]:
    files = [file for file in library.files or [] if file.name.upper().startswith(NAMES) and ".dist-info" in str(file)]
    return [file.read_text(encoding="utf-8").strip() for file in sorted(files)]


def _chapter(library: Distribution) -> str:
    written = texts(library)
    if not written:
        raise SystemExit(f"{name(library)} comes without the text of its licence.")
    title = f"{name(library)} {library.version} ({terms(library)})"
    source = (library.metadata.get_all("Project-URL") or [str(library.metadata["Home-page"] or "")])[0]
    return "\n\n".join([f"{'=' * 80}\n{title}\n{source}\n{'=' * 80}", *written, ""])


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8") if hasattr(sys.stdout, "reconfigure") else None
    sys.stdout.write(collect(str(Path(sys.argv[1]))))
