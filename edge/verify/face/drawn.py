"""Is this face drawn? From an aligned crop, by what lies between its lines: no network does it.

    relief   skin is never even: its median slope is a good part of the slopes' root mean square. A drawing, flat or
             softly shaded, has its slopes in a few lines and next to none between them
    tones    half of the crop in two narrow tones: paper and graphite, or a poster. Burnt-out and black pixels do not
             count, as a photo in hard light has them too

Measured on crops fit for enrolment. Press photos called drawn: 0 of 2,910 (tuned on these; relief 0.28 and more, tones
0.36 and less) and 0 of 2,927 of other people (0.22, 0.37). Smoothed as beauty filters do, with glasses drawn on,
darkened, hard in contrast: 0 of 3,627; smoothed to wax: 1 of 702. Phones and their own filters, children and dark skin
by itself are unmeasured.

Drawn by our own code, as they are, in JPEG, with noise, at half size and as if photographed from paper (grain, uneven
light, noise, JPEG): flat colours 36 of 36, outlined 34 of 34, softly shaded 31 of 31, pencil 15 of 15 as a file but 0
of 6 as if photographed. Avatars drawn by others that YuNet takes for faces: 41 of 41, 22 of them as if photographed.

Not seen: what is made of a photo or as rich as one. Of 13 photos made into posters of eight colours 5 were called
drawn, of 13 made into comics 1; of 20 made into pencil or paint by OpenCV's filters none, nor of 13 smoothed by its
edge-preserving one. A painting, a careful pencil portrait, a rendered head, a print, a face on a screen and a generated
picture pass. It is no proof that somebody stood there.
"""

from __future__ import annotations

import cv2
import numpy as np

from devices.ports import Pixels

RELIEF_MIN = 0.16
"""Between our own drawings (0.14 and less; some avatars up to 0.27) and photos smoothed hard behind drawn glasses
(0.163): whoever beautifies a photo is not to be told that it is a drawing."""
TONES_MAX = 0.45
_INNER = np.s_[24:104, 20:92]
_CLIPPED = (6, 250)


def is_drawn(crop: Pixels) -> bool:
    """Whether it is surely no photograph. `crop` is 112x112x3 from `align`."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return relief(grey) < RELIEF_MIN or in_two_tones(grey) > TONES_MAX


def relief(grey: np.ndarray) -> float:
    """Median slope over root-mean-square slope, after a light smoothing that takes sensor noise away."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    slopes = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))[_INNER]
    return float(np.median(slopes)) / max(float(np.sqrt((slopes**2).mean())), 1e-6)


def in_two_tones(grey: np.ndarray) -> float:
    """The share of the two commonest grey tones. A tone is as wide as an eighth of the standard deviation, so that
    weak light makes no difference."""
    inner = grey[_INNER]
    unclipped = inner[(inner >= _CLIPPED[0]) & (inner < _CLIPPED[1])]
    counts = np.bincount((unclipped / max(float(inner.std()) / 8, 1.0)).astype(int))
    return float(np.sort(counts)[-2:].sum()) / inner.size
