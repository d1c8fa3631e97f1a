"""What the lane saw of a person: a pass that was read, a face that was compared. Facts, not yet a decision."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from models.access.credential import Kind, Pass
from models.access.passes import PassProblem
from models.values.frozen import Frozen


class FaceStatus(StrEnum):
    """How the comparison of a probe with a reference ended."""

    MATCHED = "matched"
    BELOW_THRESHOLD = "below_threshold"
    AMBIGUOUS = "ambiguous"
    LOW_QUALITY = "low_quality"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    NO_REFERENCE = "no_reference"


class Liveness(StrEnum):
    """Whether a living person was shown. This version measures none, so no face opens anything alone."""

    NOT_MEASURED = "not_measured"
    LIVE = "live"
    SPOOF = "spoof"


class FaceResult(Frozen):
    """One face check, over all the frames looked at. `score` and `threshold` are cosines, -1..1."""

    status: FaceStatus
    one_to_many: bool = False
    cardholder_id: UUID | None = None
    score: float | None = Field(default=None, ge=-1.01, le=1.01)
    threshold: float | None = None
    quality: str | None = None
    liveness: Liveness = Liveness.NOT_MEASURED
    frames: int = Field(default=1, ge=0)
    model: str | None = Field(default=None, description="first 16 hex digits of the model file's sha256")


class Verification(Frozen):
    """Everything presented in one recognition: a pass (or why it is none), a face, or both."""

    kind: Kind
    read: Pass | PassProblem | None = None
    credential_id: UUID | None = None
    face: FaceResult | None = None
