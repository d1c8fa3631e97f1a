"""Who is sent back: of the photos that `scripts/bench face` reads anyway, how many are turned away, by which rule.

No goal stands beside it: press photos are posed, lit and sharp, and what a gate or a phone sends back hangs on its lens
and its light. It tells how often each rule speaks, so that a rule which became too strict is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from edge.verify.face.enrol import Complaint, Problem
from edge.verify.face.poses import TURNED_MIN, wrong_poses
from edge.verify.words import said
from scripts.bench_face_accuracy import Photo
from scripts.bench_rows import Row

AT_ENROLMENT, AT_THE_GATE, FIRST = (
    "sent back at enrolment", "sent back at the gate", "sent back as the first photo of a guided enrolment",
)  # fmt: skip
FIGURES = (AT_ENROLMENT, AT_THE_GATE, FIRST)


def rows(photos: Sequence[Photo]) -> list[Row]:
    """By enrolment's quality gate, by the lane's, and by the pose rule, which sees what enrolment takes."""
    yaws = [photo.yaw for photo in photos if photo.yaw is not None]
    turned = sum(abs(yaw) >= TURNED_MIN for yaw in yaws)
    return [
        row(AT_ENROLMENT, [photo.refused for photo in photos]),
        row(AT_THE_GATE, [photo.unfit for photo in photos]),
        row(
            FIRST, [wrong_poses([yaw]).get(1) for yaw in yaws],
            f"photos that enrolment takes; nobody was asked to turn, and {turned:,} would do as a turned one",
        ),
    ]  # fmt: skip


def row(figure: str, problems: Iterable[Problem | None], peer: str = "press photos, cut to their middle") -> Row:
    """One problem for each photo, None where it was taken. `reasons`: how many by each, for who reads the JSON."""
    found = Counter(problems)
    of = found.total()
    reasons = [(problem, count) for problem, count in found.most_common() if problem is not None]
    back = sum(count for _, count in reasons)
    told = "; ".join(f"{count:,} {problem.value}: {said(Complaint(problem), 'en')}" for problem, count in reasons)
    return {
        "figure": figure,
        "measured": f"{back:,} of {of:,} ({back / max(of, 1):.1%})" + (f" – {told}" if told else ""),
        "goal": "–",
        "peer": peer,
        "ratio": back / max(of, 1),
        "met": None,
        "reasons": {problem.value: count for problem, count in reasons},
    }
