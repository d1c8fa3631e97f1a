"""Which package answers to the name `osdp`.

Two do: libosdp, which the OSDP drivers are written for, and another that is called `osdp` on PyPI. Both install the
folder `osdp`; whichever was installed last wins, file by file, and uninstalling one of them takes files of the other
away (measured with libosdp 3.2.9 and osdp 1.6). A reader must not hang on that order.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from devices.errors import NotSetUp

NEEDED = ("ControlPanel", "PDInfo", "PDCapabilities", "CommandLEDColor", "EventNotification")
"""What only libosdp's `osdp` has, of what the drivers use."""
MEND_ZH = "请停止节点，删除 .venv 文件夹，再运行 python3 scripts/setup.py"
MEND_EN = "stop the node, delete the folder .venv and run python3 scripts/setup.py"
BOTH = (
    "软件包 osdp 和 libosdp 同时装着，名字相同、互相覆盖，OSDP 不能用；" + MEND_ZH,
    "the packages osdp and libosdp are both installed and hide each other, so that OSDP cannot be used; " + MEND_EN,
)
BROKEN = (
    "软件包 libosdp 不完整（多半是装过又卸载了 osdp），OSDP 不能用；" + MEND_ZH,
    "the package libosdp is not whole (osdp was installed over it, or taken away again), so that OSDP cannot be used; "
    + MEND_EN,
)


def osdp_trouble() -> tuple[str, str] | None:
    """Why OSDP cannot be used here and what to do, in Chinese and in English; None: it can. Talks to no device."""
    try:
        distribution("osdp")
    except PackageNotFoundError:
        pass
    else:
        return BOTH
    try:
        import osdp
        import osdp_sys  # noqa: F401 -- the compiled half, which the other package lacks
    except ImportError:
        return BROKEN
    return None if all(hasattr(osdp, name) for name in NEEDED) else BROKEN


def check_osdp() -> None:
    """Raises NotSetUp with what is wrong and what to do. To be called before a driver imports `osdp`."""
    if (trouble := osdp_trouble()) is not None:
        raise NotSetUp(trouble[1])
