"""The rights there are. Each domain declares its own, where its routes are; roles are sets of them (ADMIN-03).

`declare` also says which preset roles carry the right. The administrator carries every one. What nobody declared,
no route can ask for: `requires` refuses it when the module is imported.
"""

from __future__ import annotations

from collections.abc import Mapping

GUARD = "guard"
MANAGER = "manager"
ADMINISTRATOR = "administrator"
PRESETS = (GUARD, MANAGER, ADMINISTRATOR)

_declared: dict[str, frozenset[str]] = {}
_refusals: dict[str, str] = {}


def declare(permission: str, *presets: str, refusal: str | None = None) -> str:
    """Declare `noun.verb` and the preset roles that carry it. Declaring twice differently is a ValueError.

    refusal: of a deed on a gate, the name under which the audit keeps that somebody lacked the right to it.
    """
    unknown = set(presets) - set(PRESETS)
    if unknown:
        raise ValueError(f"unknown preset roles {sorted(unknown)}; there are {PRESETS}")
    held = frozenset(presets) | {ADMINISTRATOR}
    if _declared.setdefault(permission, held) != held:
        raise ValueError(f"permission {permission!r} is already declared for {sorted(_declared[permission])}")
    if refusal is not None:
        _refusals[permission] = refusal
    return permission


def refusal_of(permission: str | None) -> str | None:
    """What the audit calls the refusal of a deed that needs this right; None where none is kept."""
    return None if permission is None else _refusals.get(permission)


def declared() -> Mapping[str, frozenset[str]]:
    """Every permission, with the preset roles that carry it."""
    return dict(_declared)


def of_preset(preset: str) -> frozenset[str]:
    """The permissions a preset role carries."""
    return frozenset(permission for permission, held in _declared.items() if preset in held)
