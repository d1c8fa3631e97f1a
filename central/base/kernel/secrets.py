"""Secrets at rest: what the database keeps sealed, so that a copy of it alone opens nothing (SEC-03).

    sealed = 0x01 | nonce (12 random bytes) | AES-256-GCM ciphertext and tag

The tenant and `about` ("pass_key:<id>") are authenticated with it, so that a sealed value moved to another row or
another tenant does not open. The master key lies in a file readable by its owner only: by default in the data folder,
under `secrets/`, so that a copy of the whole folder is a working backup and must be guarded like the key itself;
or where the environment's MENTING_KEY_FILE says, and then a copy of the folder opens nothing by itself.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of

KEY_BYTES = 32
_FORMAT = b"\x01"
_NONCE = 12
_OPTION = "menting_vault"


class SecretsError(Exception):
    """The key file is missing, exposed or damaged, or a sealed value does not open with it. Retrying does not help."""


class Vault:
    """Seals and opens with one master key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise SecretsError(f"a master key has {KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, about: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises `SecretsError` when the key, the value or what it is about is not the one it was sealed with."""
        if sealed[:1] != _FORMAT:
            raise SecretsError("this sealed value has an unknown format")
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, body, about.encode())
        except (InvalidTag, ValueError) as error:
            raise SecretsError(f"{about!r} does not open with this master key") from error


def open_vault(path: Path, *, make: bool = False) -> Vault:
    """The vault whose key lies at `path`. With `make` a missing key is made: at set-up only, since a lost key that is
    silently replaced would leave everything sealed under the old one closed for good.

    Raises `SecretsError` when the file is missing, damaged, or open to others than its owner.
    """
    if make and not path.exists():
        _write_key(path)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretsError(f"the master key {path} cannot be read: {error}") from error
    if mode & 0o077:
        raise SecretsError(f"the master key {path} is open to others (mode {mode:04o}); make it 0600")
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise SecretsError(f"the master key {path} is damaged") from error
    return Vault(key)


def _write_key(path: Path) -> None:
    """Make the key file: never over an existing one, whole or not at all, on disk before it is used."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.urandom(8).hex()}.new")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    except FileExistsError:
        pass  # another start was faster: its key is the key
    finally:
        unfinished.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def attach_vault(engine: Engine, vault: Vault) -> None:
    """Give the services of this engine their vault; once, when the process is put together."""
    engine.update_execution_options(**{_OPTION: vault})


def vault_of(db: Session) -> Vault:
    """The vault that was attached to the session's engine. Raises `SecretsError` without one."""
    vault = db.get_bind().get_execution_options().get(_OPTION)
    if not isinstance(vault, Vault):
        raise SecretsError("no vault is attached to this engine (attach_vault at start)")
    return vault


def seal(db: Session, plain: bytes, about: str) -> bytes:
    """Seal a secret of the transaction's tenant."""
    return vault_of(db).seal(plain, f"{tenant_of(db)}:{about}")


def unseal(db: Session, sealed: bytes, about: str) -> bytes:
    """Open what `seal` made in the same tenant with the same `about`. Raises `SecretsError`."""
    return unseal_for(db, tenant_of(db), sealed, about)


def unseal_for(db: Session, tenant_id: UUID, sealed: bytes, about: str) -> bytes:
    """The same before the transaction is bound to the tenant."""
    return vault_of(db).open(sealed, f"{tenant_id}:{about}")
