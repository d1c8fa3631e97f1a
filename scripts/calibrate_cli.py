"""`scripts/calibrate`: a site's face thresholds from its own gallery and log, and how sure they are.

People enrolled at the node are compared with each other: every match would be a false one. The log of passes with a
face says how often holders would be refused. Works beside a running node.
"""

import argparse
import sys
from pathlib import Path
from uuid import UUID

import numpy as np

from edge.store.database import DatabaseBusy, DatabaseCorrupt
from edge.store.files import write_private
from edge.store.keys import KeyFault, KeyRing
from edge.store.store import view_on_disk
from edge.store.templates import Templates
from edge.sync.enrol import load_node
from edge.verify.face import rates
from edge.verify.face.calibration import PEOPLE_MAX, CannotCalibrate, Found, calibrated, read_people, scores_of
from edge.verify.face.site_thresholds import FILE, Measure, SiteThresholds
from edge.verify.face.thresholds import verify_threshold
from models.command_line import until_interrupted
from models.values.time import utc_now
from scripts.options import calibrate


def main(arguments: list[str] | None = None) -> int:
    options = calibrate().parse_args(arguments)
    return until_interrupted(lambda: _calibrated(options))


def _calibrated(options: argparse.Namespace) -> int:
    try:
        found = read_node(options.data)
        scores = scores_of(found)
        site = calibrated(found, scores, utc_now())
    except (CannotCalibrate, KeyFault, DatabaseBusy, DatabaseCorrupt) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(said(found, scores, site)))
    if options.plot:
        draw(options.plot, found, scores, site)
        print(f"误差曲线 / error trade-off: {options.plot}")
    if options.write:
        write_private(options.data / FILE, site.model_dump_json(indent=1).encode())
        print(f"已写入，节点下次启动时生效 / written, the node uses it from its next start: {options.data / FILE}")
    else:
        print("什么都没有改动；确认后加 --write / nothing was changed; add --write to keep this")
    return 0


def read_node(folder: Path) -> Found:
    """Templates and the log's scores. Raises CannotCalibrate, KeyFault, DatabaseBusy, DatabaseCorrupt."""
    if not (folder / "templates.db").is_file() or not (folder / "keys" / "node.key").is_file():
        raise CannotCalibrate(
            f"{folder}: 这里没有节点的数据（缺 templates.db 或 keys）。请给出节点的数据目录。 / there is no node's "
            "data here (templates.db or keys is missing). Name the folder that the node was started with."
        )
    keys = KeyRing.open(folder / "keys")
    templates = Templates.open(folder / "templates.db", keys)
    try:
        return read_people(templates, folder / "journal.db", _corrected(folder, keys))
    finally:
        templates.close()
        keys.close()


def _corrected(folder: Path, keys: KeyRing) -> frozenset[UUID]:
    """What persons corrected, as the node's newest rules tell it; nothing where it has none yet."""
    if not (folder / "node.json").is_file():
        return frozenset()
    node = load_node(folder / "node.json")
    return view_on_disk(folder / "store.db", node.node_id, bytes.fromhex(node.central_key), keys).corrected


def said(found: Found, scores: rates.Gallery, site: SiteThresholds) -> list[str]:
    """What was found, line by line, in zh_CN and English."""
    used = verify_threshold(site.model, site.photos, site=site)
    before = verify_threshold(site.model, site.photos)
    lines = [
        f"模型 / model {site.model}：{site.people} 人 / people，每个模板最多 {site.photos} 张照片 / photos a template; "
        f"{found.left_out} 个模板未计入 / templates left out (another model, or more than {PEOPLE_MAX})",
        f"一对一 / one to one：{_stated(site.verify)}",
        f"  节点将用 / the node will use {used}（出厂 / as delivered {before}）",
    ]
    if used > site.verify.least:
        lines.append("  低于照片测得的下限，取下限 / below what was measured on press photos, so that stands")
    if site.search is None:
        lines.append(
            f"一对多 / one to many：人数不足，沿用出厂阈值；至少需要 {rates.trials_min(rates.SEARCH_GOAL)} 人 / "
            "too few people, the threshold as delivered stands"
        )
    else:
        lines.append(f"一对多 / one to many：{_stated(site.search)}")
    for a, b, score in scores.twins:
        lines.append(
            f"像同一个人，请核对 / look like one person, please check: {found.people[a]}, {found.people[b]} "
            f"({score:.2f})"
        )
    if scores.twins:
        lines.append(
            f"{len(scores.twins)} 对未计入误识率：重复登记或双胞胎，一对一无法区分 / pairs are not in the rate: "
            "enrolled twice, or twins, whom one to one cannot tell apart"
        )
    nearest = "; ".join(f"{found.people[a]}, {found.people[b]} ({score:.2f})" for a, b, score in scores.nearest_pairs)
    lines.append(f"其余最相近者，请核对是否同一人 / the nearest of the rest, is any pair one person? {nearest}")
    return [*lines, _own_said(site), *_corrected_said(site), _limits()]


def _stated(measure: Measure) -> str:
    rule = "三分之规则 / rule of three" if measure.reached == 0 else "Clopper–Pearson"
    return (
        f"阈值 / threshold {measure.least:.4f}：{measure.trials} 次中 {measure.reached} 次达到 / of {measure.trials} "
        f"comparisons {measure.reached} reach it; 95 % ≤ {measure.rate_max:.1e} ({rule})"
    )


def _own_said(site: SiteThresholds) -> str:
    if not site.own_scores:
        return (
            "日志中没有人脸比对，拒识率未知 / no face comparisons in the log: how often holders are refused is unknown"
        )
    most = rates.rate_max(site.own_below, site.own_scores)
    return (
        f"日志 / log：{site.own_scores} 次比对中 {site.own_below} 次低于新阈值 / of {site.own_scores} comparisons "
        f"{site.own_below} are below it ({site.own_below / site.own_scores:.1%}, 95 % ≤ {most:.1%}); "
        "其中可能有冒用他人通行码者 / somebody with another's pass may be among them"
    )


def _corrected_said(site: SiteThresholds) -> list[str]:
    if not site.corrected:
        return []
    return [
        f"经人指出不是本人：{site.corrected} 次，未计入上一行；其中 {site.false_accepts} 次曾放行，即误识 / by a "
        f"person's word somebody else's: {site.corrected}, not in the line above; {site.false_accepts} of them had "
        "let somebody in, false accepts"
    ]


def _limits() -> str:
    return (
        "说明：比较的是登记模板而非现场画面；同一人出现在多对中，区间偏乐观；未按年龄、性别、肤色分组。 / Templates "
        "were compared, not frames at the gate; one person is in many pairs, so the bound is somewhat too narrow; "
        "nothing is split by age, sex or skin tone."
    )


def draw(path: Path, found: Found, scores: rates.Gallery, site: SiteThresholds) -> None:
    """False matches against false non-matches along all thresholds, logarithmic; without a log, the thresholds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 5))
    reach = np.unique(np.geomspace(1, len(scores.pairs), 300).astype(int)) - 1
    match_rate = (reach + 1) / len(scores.pairs)
    at = scores.pairs[reach]
    if found.own_scores:
        own = np.sort(found.own_scores)
        axes.plot(match_rate, np.searchsorted(own, at) / len(own), drawstyle="steps-post")
        axes.set(xscale="log", yscale="log", ylabel=f"false non-match rate (log of {len(own)} comparisons)")
    else:
        axes.plot(match_rate, at)
        axes.axhline(site.verify.least, color="grey", linewidth=0.8)
        axes.set(xscale="log", ylabel="threshold (the log holds no comparisons)")
    axes.axvline(site.verify.goal, color="grey", linewidth=0.8)
    axes.set(xlabel=f"false match rate ({len(scores.pairs)} pairs of {len(found.people)} people)")
    axes.set_title(f"model {site.model}, threshold {site.verify.least}")
    axes.grid(visible=True, which="both", linewidth=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
