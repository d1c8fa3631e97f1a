"""Every refusal can be read aloud, in both languages."""

import pytest

from edge.verify.face.enrol import BadSet, Complaint, Problem
from edge.verify.face.photo import BadPhoto
from edge.verify.face.poses import WrongPose
from edge.verify.face.quality import Unfit
from edge.verify.words import WORDS, said


@pytest.mark.req("ACC-09")
def test_every_problem_has_words_in_both_languages() -> None:
    problems: list[Problem] = [*Unfit, *BadPhoto, *BadSet, *WrongPose]
    for problem in problems:
        assert set(WORDS[problem]) == {"zh_CN", "en"}
        assert all(WORDS[problem].values())


@pytest.mark.req("ACC-09")
def test_the_number_of_the_photo_is_said() -> None:
    assert said(Complaint(Unfit.TOO_SMALL, 2)) == "第 2 张：人脸太小，请靠近一些"
    assert said(Complaint(Unfit.TOO_SMALL, 2), "en").startswith("Photo 2: ")
    assert said(Complaint(BadSet.NO_PHOTOS), "en") == "There are no photos. Please name one at least."
