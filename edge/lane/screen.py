"""What each lane says, where a screen's program can read it: one small file a lane, replaced whole.

    FOLDER/east-in.json    {"say": "turn_left", "at": 1234.5}      `at`: this machine's monotonic seconds

Words are the screen's business: they are in the language and the size that somebody chose there.
"""

import json
import logging
from pathlib import Path

from edge.lane.says import Said

log = logging.getLogger(__name__)


class ScreenFolder:
    """A Screen. A disk that refuses silences the screen and nothing else."""

    def __init__(self, folder: Path):
        self._folder = folder

    def show(self, lane: str, said: Said) -> None:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            part = self._folder / f".{lane}.part"
            part.write_text(json.dumps({"say": said.say, "at": said.at}))
            part.replace(self._folder / f"{lane}.json")
        except OSError as error:
            log.warning("the screen of %s is not told: %s", lane, error)
