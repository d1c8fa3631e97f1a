"""From a frame to facts: which codes it shows, whose face it shows, which plate. Nothing here decides anything.

One thing is set, and must be before onnxruntime is imported anywhere below: unless told not to, it makes an id of this
machine and reports what runs to its maker. A gate talks to central and to nobody else (PRIV-20).
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
