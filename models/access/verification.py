"""What the lane saw of a person: a pass that was read, a face that was compared. Facts, not yet a decision."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from models.access.credential import Kind, Pass
from models.access.passes import PassProblem
from models.access.probe import ProbeQuality
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
    """Whether a living person was shown. Where it was not measured, no face opens anything alone (promise 6)."""

    NOT_MEASURED = "not_measured"
    LIVE = "live"
    SPOOF = "spoof"


class Attack(StrEnum):
    """What it looked like instead of a living person, as far as it is known: told apart because rates differ.

    CURVED: a sheet bent around something, as a printed mask is worn: deeper than paper, flatter than any face.
    """

    FLAT = "flat"
    CURVED = "curved"
    SCREEN = "screen"
    UNKNOWN = "unknown"


class FaceResult(Frozen):
    """One face check, over all the frames looked at. `score` and `threshold` are cosines, -1..1."""

    status: FaceStatus
    one_to_many: bool = False
    cardholder_id: UUID | None = None
    score: float | None = Field(default=None, ge=-1.01, le=1.01)
    threshold: float | None = None
    quality: str | None = None
    probe_quality: ProbeQuality | None = Field(default=None, description="of a face that was compared: how it was seen")
    liveness: Liveness = Liveness.NOT_MEASURED
    attack: Attack | None = None
    proved_by: str | None = Field(default=None, description="what measured the liveness, with its version")
    simulated: bool = Field(default=False, description="measured by simulated hardware: said wherever it is shown")
    frames: int = Field(default=1, ge=0)
    model: str | None = Field(default=None, description="first 16 hex digits of the model file's sha256")

    @property
    def liveness_word(self) -> str:
        """The liveness in one word of a closed list: `live`, `spoof_flat`, `live_simulated`, …; pages have its text."""
        attack = f"_{self.attack or Attack.UNKNOWN}" if self.liveness is Liveness.SPOOF else ""
        measured = self.liveness is not Liveness.NOT_MEASURED
        return f"{self.liveness}{attack}{'_simulated' if self.simulated and measured else ''}"


LIVENESS_WORDS = frozenset(
    FaceResult(status=FaceStatus.MATCHED, liveness=liveness, attack=attack, simulated=simulated).liveness_word
    for liveness in Liveness
    for attack in Attack
    for simulated in (False, True)
)
"""Every `liveness_word` there is."""


class Verification(Frozen):
    """Everything presented in one recognition: a pass (or why it is none), a card, a PIN, a face, or two of them.

    `unit`: what a PIN was keyed behind, right or wrong. It is for counting wrong attempts, and in no record.
    """

    kind: Kind
    read: Pass | PassProblem | None = None
    credential_id: UUID | None = None
    unit: str | None = Field(default=None, repr=False)
    face: FaceResult | None = None
