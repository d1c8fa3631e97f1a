"""The right of the watch group, apart from every other: no preset role but the administrator's carries it (ACC-30)."""

from __future__ import annotations

from central.base.kernel.permissions import declare

KEEP_WATCH_GROUP = declare("watch_group.keep")
