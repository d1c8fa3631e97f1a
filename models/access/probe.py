"""How good the picture was in which a face was compared: what the gate gates on, in figures (ACC-09).

A guard is told in words what to do better where a face is not fit. Of those that were fit these say how well they were
seen, so that a manager can tell a lane that lets people down from a camera that shows them badly. Nothing here tells
one person from another.
"""

from models.values.frozen import Frozen

SIDE_PX_MIN = 60
SHARPNESS_MIN = 0.0045
BRIGHTNESS_MIN, BRIGHTNESS_MAX = 28, 215
YAW_MAX = 0.45
"""What is fit at a gate; `edge.verify.face.quality` names the measurement behind each."""


class ProbeQuality(Frozen):
    """Of one frame. `side_px`: of the face's box in the picture. `sharpness`: fine detail over all detail of the
    aligned crop. `brightness`: its mean, 0 to 255. `yaw`: how far the nose is off the middle, in eye distances."""

    side_px: float
    sharpness: float
    brightness: float
    yaw: float

    def words(self) -> dict[str, str]:
        """As a record keeps them: no more digits than a figure of them needs."""
        return {
            "side_px": f"{self.side_px:.0f}", "sharpness": f"{self.sharpness:.4f}",
            "brightness": f"{self.brightness:.0f}", "yaw": f"{abs(self.yaw):.2f}",
        }  # fmt: skip


MEASURES = ("side_px", "sharpness", "brightness", "yaw")
"""Under which names a decision's inputs carry them."""
