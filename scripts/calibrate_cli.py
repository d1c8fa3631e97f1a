"""Set a site's face thresholds from its own gallery and log, and say how sure they are.

scripts/calibrate --data NODEFOLDER                show what the node's own people and log support; changes nothing
scripts/calibrate --data NODEFOLDER --plot FILE    draw the error trade-off too (PNG or SVG)
scripts/calibrate --data NODEFOLDER --write        and keep it: the node uses it from its next start

People enrolled at the node are compared with each other: every match would be a false one. The log of passes with a
face says how often holders would be refused. Works beside a running node. Exit code 1: too few people to say anything.
"""

import argparse
import json
import sqlite3
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np

from edge.store.database import DatabaseBusy, DatabaseCorrupt, connect
from edge.store.files import write_private
from edge.store.keys import KeyFault, KeyRing
from edge.store.templates import Templates
from edge.verify.face.site_thresholds import FILE, SiteThresholds
from edge.verify.face.template import Template, template_from_bytes
from edge.verify.face.thresholds import MEASURED, verify_threshold
from models.values.time import utc_now
from scripts import calibrate_rates as rates

PEOPLE_MAX = 3_000
"""More are not compared all with all (4.5 million pairs); these are drawn at random, always the same."""


class CannotCalibrate(Exception):
    """Why not, in zh_CN and English."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a node's folder holds: people and templates of the model most of them have; scores from the log."""

    people: tuple[UUID, ...]
    templates: tuple[Template, ...]
    left_out: int
    own_scores: tuple[float, ...]

    @property
    def model(self) -> str:
        return self.templates[0].model

    @property
    def photos(self) -> int:
        return max(template.photos for template in self.templates)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/calibrate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="NODEFOLDER", help="the node's own folder")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the error trade-off")
    parser.add_argument("--write", action="store_true", help=f"keep it in NODEFOLDER/{FILE}")
    options = parser.parse_args(arguments)
    try:
        found = read_node(options.data)
        vectors = np.stack([template.vector for template in found.templates])
        scores = rates.gallery_scores(vectors, rates.SAME_PERSON_MIN[found.model])
        site = calibrated(found, scores)
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
        stored = templates.all()
    finally:
        templates.close()
        keys.close()
    known = Counter(model for _, _, model in stored if model in MEASURED)
    if not known:
        raise CannotCalibrate(
            f"{folder}: 没有可用的人脸模板（共 {len(stored)} 个）。请先登记人脸。 / no usable face templates "
            f"({len(stored)} stored). Enrol people first."
        )
    model = known.most_common(1)[0][0]
    mine = [(person, template_from_bytes(content, made_by)) for person, content, made_by in stored if made_by == model]
    drawn = sorted(np.random.default_rng(1).permutation(len(mine))[:PEOPLE_MAX])
    kept = [mine[n] for n in drawn]
    return Found(
        people=tuple(person for person, _ in kept),
        templates=tuple(template for _, template in kept),
        left_out=len(stored) - len(kept),
        own_scores=_own_scores(folder / "journal.db", model),
    )


def _own_scores(journal: Path, model: str) -> tuple[float, ...]:
    """Scores of faces compared one to one with whom a pass had named, accepted and refused. An unread log is empty.

    Decisions do not say which model scored: those with a threshold that this model cannot have are another's.
    """
    if not journal.is_file():
        return ()
    lowest = verify_threshold(model, photos=1, calibrated=True)
    scores = []
    connection = connect(journal, read_only=True)
    try:
        for (body,) in connection.execute("SELECT body FROM events ORDER BY seq"):
            decision = json.loads(body).get("decision") or {}
            compared = decision.get("kind") == "pass" and decision.get("reason") in ("ok", "low_score")
            if compared and decision.get("score") is not None and (decision.get("threshold") or 0) >= lowest:
                scores.append(float(decision["score"]))
    except sqlite3.Error as error:
        raise CannotCalibrate(f"{journal}: 无法读取日志（{error}） / the log cannot be read") from error
    finally:
        connection.close()
    return tuple(scores)


def calibrated(found: Found, scores: rates.Gallery) -> SiteThresholds:
    """The thresholds that the node's own people support. Raises CannotCalibrate for too few of them."""
    verify = rates.least_for(scores.pairs, rates.VERIFY_GOAL)
    if verify is None:
        needed = rates.people_min(rates.VERIFY_GOAL)
        raise CannotCalibrate(
            f"样本太少：已登记 {len(found.people)} 人，两两比较 {len(scores.pairs)} 次；要说明误识率不超过 "
            f"{rates.VERIFY_GOAL:.0e}，至少需要约 {needed} 人。在此之前继续使用出厂阈值。 / the sample is too small: "
            f"{len(found.people)} people enrolled, {len(scores.pairs)} pairs; to state a false match rate of at most "
            f"{rates.VERIFY_GOAL:.0e} it takes about {needed} people. Until then the thresholds as delivered stand."
        )
    return SiteThresholds(
        model=found.model,
        made_at=utc_now(),
        people=len(found.people),
        photos=found.photos,
        verify=verify,
        search=rates.least_for(scores.nearest, rates.SEARCH_GOAL),
        twins_left_out=len(scores.twins),
        own_scores=len(found.own_scores),
        own_below=sum(score < verify.least for score in found.own_scores),
    )


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
    return [*lines, _own_said(site), _limits()]


def _stated(measure: rates.Measure) -> str:
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
