"""What is said to a person whose photo or face cannot be used: what to change, in zh_CN and en."""

from __future__ import annotations

from typing import Literal

from edge.verify.face.enrol import BadSet, Complaint, Problem
from edge.verify.face.photo import BadPhoto
from edge.verify.face.poses import WrongPose
from edge.verify.face.quality import Unfit

Language = Literal["zh_CN", "en"]

WORDS: dict[Problem, dict[Language, str]] = {
    Unfit.NO_FACE: {"zh_CN": "未检测到人脸，请正对镜头", "en": "No face found. Please look into the camera."},
    Unfit.SEVERAL_FACES: {"zh_CN": "画面中有多张人脸，请单独拍摄", "en": "Several faces. One person only, please."},
    Unfit.TOO_SMALL: {"zh_CN": "人脸太小，请靠近一些", "en": "The face is too small. Please come closer."},
    Unfit.TURNED_AWAY: {"zh_CN": "脸部偏转过大，请正对镜头", "en": "Turned away. Please face the camera, upright."},
    Unfit.NOT_UPRIGHT: {
        "zh_CN": "照片是倒的或横的，请转正后再用",
        "en": "The photo is upside down or lies on its side. Please turn it upright first.",
    },
    Unfit.TOO_DARK: {"zh_CN": "光线太暗，请到亮处", "en": "Too dark. Please find more light."},
    Unfit.TOO_BRIGHT: {"zh_CN": "光线过强，请避开直射光", "en": "Too bright. Please avoid direct light."},
    Unfit.TOO_BLURRED: {"zh_CN": "画面模糊，请保持不动", "en": "Blurred. Please hold still."},
    Unfit.EYES_COVERED: {"zh_CN": "请摘下墨镜", "en": "Please take off dark glasses."},
    Unfit.MOUTH_COVERED: {"zh_CN": "请摘下口罩或围巾", "en": "Please take off the mask or scarf."},
    Unfit.DRAWN: {
        "zh_CN": "这像是画出来的脸，请拍真人，并关闭美颜",
        "en": "This looks like a drawn face. Please photograph the person, without beauty filters.",
    },
    BadPhoto.FILE_TOO_LARGE: {
        "zh_CN": "文件超过 15 MB，请换一张",
        "en": "The file is larger than 15 MB. Please choose another.",
    },
    BadPhoto.HEIF: {
        "zh_CN": "不支持 HEIC/AVIF 格式，请改用 JPEG",
        "en": "HEIC and AVIF are not read. Please send a JPEG.",
    },
    BadPhoto.NOT_A_PICTURE: {
        "zh_CN": "无法读取该图片，可能已损坏，请使用 JPEG、PNG 或 WebP",
        "en": "This cannot be read and may be damaged. Please use a JPEG, PNG or WebP picture.",
    },
    BadPhoto.NOT_JPEG: {
        "zh_CN": "通过链接只接收 JPEG 照片，请在登记页面上拍照或选照片",
        "en": "Behind a link only JPEG photos are taken. Please use the enrolment page to take or choose one.",
    },
    BadPhoto.TOO_MANY_SCANS: {
        "zh_CN": "这个 JPEG 文件分层过多，请在登记页面上重新拍一张",
        "en": "This JPEG is built of too many layers. Please take a new photo on the enrolment page.",
    },
    BadPhoto.TOO_MANY_PIXELS: {
        "zh_CN": "图片像素过多（本机文件上限 6400 万，通过链接发送上限 1600 万），请缩小",
        "en": "The picture has too many pixels: 64 million at most in a file here, 16 million by link. Shrink it.",
    },
    BadSet.NO_PHOTOS: {"zh_CN": "没有照片，请给出至少一张", "en": "There are no photos. Please name one at least."},
    BadSet.TOO_MANY_PHOTOS: {"zh_CN": "照片超过 10 张，请减少", "en": "More than 10 photos. Please use fewer."},
    BadSet.TOO_FEW_PHOTOS: {
        "zh_CN": "需要三张照片：一张正面，左右各转一张",
        "en": "Three photos are needed: one straight ahead, one turned to each side.",
    },
    WrongPose.NOT_STRAIGHT: {"zh_CN": "这张请正对镜头，不要转头", "en": "Please look straight ahead in this one."},
    WrongPose.NOT_TURNED: {"zh_CN": "这张要把头向一侧多转一些", "en": "Please turn your head further to one side."},
    WrongPose.SAME_SIDE: {
        "zh_CN": "这张与前一张转向了同一侧，请转向另一侧",
        "en": "Turned to the same side as the one before. Please turn to the other side.",
    },
    BadSet.DIFFERENT_PEOPLE: {
        "zh_CN": "这些照片似乎不是同一个人，请全用本人的",
        "en": "The photos do not seem to show one and the same person. Please use photos of that person alone.",
    },
    BadSet.NOT_THE_FIRST: {
        "zh_CN": "与第 1 张不是同一个人，请全用本人的",
        "en": "Not the person of photo 1. Please use photos of that person alone.",
    },
}


def said(complaint: Complaint, language: Language = "zh_CN") -> str:
    """One line for a screen, with the number of the photo where it is about one."""
    words = WORDS[complaint.problem][language]
    if complaint.photo is None:
        return words
    return f"第 {complaint.photo} 张：{words}" if language == "zh_CN" else f"Photo {complaint.photo}: {words}"
