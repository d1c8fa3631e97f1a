"""What is said of enrolment and templates, with every field at least once."""

from typing import Any

from models.wire import faces
from models.wire.receiving import ReceivingKey
from tests.models.making import HOLDER_ID, MONDAY_NOON, uuid

SEALED_PHOTO = faces.SealedPhoto(key_id="ab" * 8, ephemeral=bytes(65), nonce=bytes(12), sealed=bytes(range(32)))
SEALED_TEMPLATE = faces.SealedTemplate(node_id=uuid(0xE2), cardholder_id=HOLDER_ID, sealed=bytes(range(48)))
RECEIVING = ReceivingKey(key_id="cd" * 8, point="34" * 32, signature="56" * 64)
SEALED_TO_THE_HOUR = SEALED_TEMPLATE.model_copy(update={"key_id": "cd" * 8})
FACES: dict[str, Any] = {
    "photo_key": faces.EnrolmentKey(key_id="ab" * 8, point="04" + "cd" * 64),
    "offered_keys": faces.OfferedKeys(key_id="ab" * 8, point="04" + "cd" * 64, receiving=RECEIVING),
    "face_mail.receiving": faces.FaceMail(
        templates=(SEALED_TO_THE_HOUR,),
        others=(faces.OtherNode(node_id=uuid(0xE2), public_key="ef" * 32, receiving=RECEIVING),),
        server_time=MONDAY_NOON,
    ),
    "watch_mail.wanted": faces.WatchMail(
        others=(faces.OtherNode(node_id=uuid(0xE2), public_key="ef" * 32, receiving=RECEIVING),),
        wanted=(faces.WantedTemplate(node_id=uuid(0xE2), cardholder_id=uuid(0xAC)),),
        server_time=MONDAY_NOON,
    ),
    "face_mail": faces.FaceMail(
        jobs=(faces.EnrolmentJob(enrolment_id=uuid(0xE1), cardholder_id=HOLDER_ID, photos=(SEALED_PHOTO,)),),
        templates=(SEALED_TEMPLATE,),
        others=(faces.OtherNode(node_id=uuid(0xE2), public_key="ef" * 32),),
        server_time=MONDAY_NOON,
    ),
    "face_mail.stamped": faces.FaceMail(
        templates=(SEALED_TEMPLATE.model_copy(update={"sealed_at": MONDAY_NOON, "stamp": bytes(range(64))}),),
        server_time=MONDAY_NOON,
    ),
    "face_mail.guided": faces.FaceMail(
        jobs=(
            faces.EnrolmentJob(
                enrolment_id=uuid(0xE1), cardholder_id=HOLDER_ID, photos=(SEALED_PHOTO,) * 3, guided=True
            ),
        ),
        server_time=MONDAY_NOON,
    ),
    "template_models": faces.TemplateModels(model="ab12cd34ef56ab78", earlier=(HOLDER_ID, uuid(0xE3))),
    "face_mail.photos": faces.FaceMail(
        jobs=(
            faces.EnrolmentJob(
                enrolment_id=uuid(0xE1), cardholder_id=HOLDER_ID, photos=(SEALED_PHOTO,), keep_photos=True
            ),
        ),
        wanted=(faces.WantedTemplate(node_id=uuid(0xE2), cardholder_id=HOLDER_ID),),
        server_time=MONDAY_NOON,
    ),
    "template_anew": faces.TemplateAnew(cardholder_id=HOLDER_ID, templates=(SEALED_TEMPLATE,)),
    "template_models.not_anew": faces.TemplateModels(
        model="ab12cd34ef56ab78",
        earlier=(HOLDER_ID,),
        not_anew=(
            faces.NotMadeAnew(cardholder_id=HOLDER_ID, problems=(faces.PhotoProblem(problem="too_small", photo=2),)),
        ),
    ),
    "template_models.unagreed": faces.TemplateModels(model="ab12cd34ef56ab78", unagreed=(HOLDER_ID,)),
    "watch_mail": faces.WatchMail(
        jobs=(faces.WatchJob(entry_id=uuid(0xAC), photos=(SEALED_PHOTO,)),),
        templates=(SEALED_TEMPLATE,),
        others=(faces.OtherNode(node_id=uuid(0xE2), public_key="ef" * 32),),
        server_time=MONDAY_NOON,
    ),
    "enrolment_answer": faces.EnrolmentAnswer(
        enrolment_id=uuid(0xE1), outcome=faces.EnrolmentOutcome.ENROLLED, templates=(SEALED_TEMPLATE,)
    ),
    "enrolment_answer.sent": faces.EnrolmentAnswer(
        enrolment_id=uuid(0xE1), outcome=faces.EnrolmentOutcome.NO_CONSENT, sent="ab" * 32
    ),
    "enrolment_answer.refused": faces.EnrolmentAnswer(
        enrolment_id=uuid(0xE1),
        outcome=faces.EnrolmentOutcome.REFUSED,
        problems=(faces.PhotoProblem(problem="too_dark", photo=2), faces.PhotoProblem(problem="different_people")),
    ),
}
