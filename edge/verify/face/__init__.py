"""Faces: detect, judge the quality, embed, compare. Importing any of it loads no weights.

    frame -> detect.py -> quality.py, cover.py -> embed.py -> match.py -> result.py -> FaceResult
                              \\ unfit: the matcher is never reached

    dlib_embedder.py in place of embed.py, where a site chooses it: one to one only (backend.py)
    beside a pass: FaceChecker.follow, several frames of one person in track.py before anything is compared
    which score is enough: thresholds.py, and site_thresholds.py where scripts/calibrate has measured

Linear algebra is one float32 matrix product. Set OPENBLAS_NUM_THREADS=1 in the edge's environment before numpy is
imported: with two BLAS threads a search among 20,000 was measured to take 8 ms instead of 0.45 ms, because the
threads cost more than the product. Nothing here sets it: a library must not change its host's environment.
"""
