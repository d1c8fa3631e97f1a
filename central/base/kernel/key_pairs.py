"""Key pairs whose private half is sealed at rest: the public half is what that one makes, and nothing else.

What a gate or a person is told of a key lies beside it in a plain column, where whoever writes the database can put
their own. So it is asked of the sealed half, which the master key alone makes (secrets.py).
"""

from __future__ import annotations

from functools import lru_cache

from nacl.signing import SigningKey
from sqlalchemy.orm import Session

from central.base.kernel.secrets import SecretsError, Vault, vault_of
from central.base.kernel.session import tenant_of


def public_half(db: Session, sealed: bytes, about: str) -> bytes | None:
    """The Ed25519 public key of the private one that was sealed in this tenant as being `about` this; None for what
    does not open. Asked for every set of rules, and so remembered by the process."""
    return _public_half(vault_of(db), sealed, f"{tenant_of(db)}:{about}")


@lru_cache(maxsize=4096)
def _public_half(vault: Vault, sealed: bytes, about: str) -> bytes | None:
    try:
        return bytes(SigningKey(vault.open(sealed, about)).verify_key)
    except SecretsError:
        return None
