"""The node's keys: one to sign with, one master key, and a data key per person.

    folder/node.key   mode 0600: "MTK1" | 32 bytes Ed25519 seed | 32 bytes master key | 32 bytes SHA-256 of all that
    folder/keys.db    per person: key id, the data key wrapped (AES-256-GCM) under the master key

Face data, tokens and event pictures are sealed under the key of the person they are about, where the gate knows who
that is. Erasing that key erases the person, everywhere the ciphertext may have been copied to, and leaves the journal's
chain whole. Therefore keys.db must stay OUT OF BACKUPS: a backup of it would bring an erased person back.

A backup of everything else, node.key among it, brings no known person back. What is sealed under the node's own key it
opens until it is thrown away: event pictures of decisions that name nobody, those that an alarm held through an
erasure, the rules, and the stays of cars. A frame may show people besides the one it is sealed for.

Sealed bytes say which key opens them, by an id that is not the person's:

    1 byte version | 16 bytes key id (zeros = the node's own) | 12 bytes nonce | ciphertext and tag

What deleting cannot reach: blocks that the file system or a flash chip has set free may still hold an old wrapped key.
It is wrapped under the master key, so whoever reads it needs node.key as well. Without a TPM or secure element both lie
on one disk, and theft of that disk is not covered; `in_hardware` says so for the node's page.
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.signing import SigningKey

from edge.store.database import Database, DatabaseBusy
from edge.store.files import make_folder, refuse_exposed, write_private

_MAGIC = b"MTK1"
_VERSION = b"\x01"
_NODE = bytes(16)
_HEADER = 17
_NONCE = 12
_SCHEMA = """
CREATE TABLE IF NOT EXISTS person_keys(
    person_id BLOB PRIMARY KEY,
    key_id BLOB NOT NULL UNIQUE,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""


class KeyFault(Exception):
    """The keys cannot be used, and trying again does not help."""


class KeyErased(Exception):
    """The data can never be opened again: the person's key was erased. That is how erasure works."""


class SealBroken(Exception):
    """The bytes were not sealed by this node for this use, or were changed since."""


class KeyRing:
    """All keys of one node. Any thread may use it. Raises KeyFault, FileExposed, DatabaseBusy, DatabaseCorrupt."""

    in_hardware = False

    def __init__(self, signing_key: SigningKey, master: bytes, database: Database) -> None:
        self.signing_key = signing_key
        self._master = master
        self._database = database
        self._wrapper = AESGCM(self.derive("wrap-person-keys"))
        self._lock = threading.RLock()
        self._by_person: dict[UUID, tuple[bytes, bytes]] = {}  # (key id, key)
        self._node = AESGCM(self.derive("node-data"))
        self._ciphers: dict[bytes, AESGCM] = {}
        self._seen = database.state()

    @classmethod
    def open(cls, folder: Path) -> KeyRing:
        """The keys in `folder`, minted on the first call and never again."""
        make_folder(folder)
        key_file, key_database = folder / "node.key", folder / "keys.db"
        if not key_file.exists():
            if key_database.exists():
                raise KeyFault(
                    f"{key_file}: 节点密钥丢失，而 keys.db 仍在。不会生成新密钥。 / the node's key is gone while "
                    "keys.db is still there. No new key is minted: put the file back, or enrol the node anew in an "
                    "empty folder."
                )
            content = _MAGIC + os.urandom(64)
            with suppress(FileExistsError):  # another process minted it a moment ago: then that one counts
                write_private(key_file, content + hashlib.sha256(content).digest(), replace=False)
        seed, master = _read_key_file(key_file)
        return cls(SigningKey(seed), master, Database(key_database, _SCHEMA, shared=True))

    @property
    def public_key(self) -> bytes:
        """32 bytes Ed25519."""
        return bytes(self.signing_key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes Ed25519 signature of the node."""
        return self.signing_key.sign(message).signature

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of the node's own for one purpose, so that no two uses share a key."""
        return hashlib.blake2b(purpose.encode(), key=self._master, digest_size=32, person=b"menting-derive-1").digest()

    def person_key(self, person_id: UUID) -> bytes:
        """The person's 32-byte data key, minted and made durable on first use."""
        with self._lock:
            return self._key_of(person_id)[1]

    def erase(self, *person_ids: UUID) -> frozenset[UUID]:
        """Destroy people's keys for good; returns those who had one. What they sealed can never be opened again.

        A running node follows what another process erases. Raises DatabaseBusy when traces remain: then do it again.
        """
        with self._lock:
            with self._database.transaction() as db:
                erased = frozenset(
                    person_id
                    for person_id in person_ids
                    if db.execute("DELETE FROM person_keys WHERE person_id=?", (person_id.bytes,)).rowcount > 0
                )
            self._by_person.clear()
            self._ciphers.clear()
            if not self._database.empty_wal():
                raise DatabaseBusy(
                    f"{self._database.path}: 密钥已删除，但旧副本仍在 -wal 文件中，请再试一次。 / it is deleted, but "
                    "an old copy is still in the -wal file because somebody is reading it. Do it once more."
                )
            return erased

    def seal(self, plain: bytes, aad: bytes, person_id: UUID | None = None) -> bytes:
        """`plain` under the person's key, or the node's own. `aad` binds it to its place and must be given again."""
        key_id, cipher = _NODE, self._node
        if person_id is not None:
            with self._lock:
                key_id = self._key_of(person_id)[0]
                cipher = self._ciphers[key_id]
        header, nonce = _VERSION + key_id, os.urandom(_NONCE)
        return header + nonce + cipher.encrypt(nonce, plain, header + aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        """What was sealed. Raises KeyErased or SealBroken."""
        header, nonce, ciphertext = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE], sealed[_HEADER + _NONCE :]
        if header[:1] != _VERSION or len(ciphertext) < 16:
            raise SealBroken("not sealed by a key ring, or cut short")
        cipher = self._node if header[1:] == _NODE else self._cipher(header[1:])
        try:
            return cipher.decrypt(nonce, ciphertext, header + aad)
        except InvalidTag as error:
            raise SealBroken("changed since it was sealed, or sealed for another place") from error

    def close(self) -> None:
        self._database.close()

    def _key_of(self, person_id: UUID) -> tuple[bytes, bytes]:
        """(key id, key) of a person, minted when there is none yet; the caller holds the lock."""
        self._follow()
        known = self._by_person.get(person_id)
        if known is None:
            row = self._database.connection.execute(
                "SELECT key_id, wrapped FROM person_keys WHERE person_id=?", (person_id.bytes,)
            ).fetchone()
            known = (row[0], self._unwrap(row[0], row[1])) if row else self._mint(person_id)
            self._by_person[person_id] = known
            self._ciphers[known[0]] = AESGCM(known[1])
        return known

    def _follow(self) -> None:
        """Forget what is remembered when keys.db has changed: a key erased by another process must not live on here."""
        state = self._database.state()
        if state != self._seen:
            self._by_person.clear()
            self._ciphers.clear()
            self._seen = state

    def _mint(self, person_id: UUID) -> tuple[bytes, bytes]:
        key_id, key, nonce = os.urandom(16), os.urandom(32), os.urandom(_NONCE)
        wrapped = nonce + self._wrapper.encrypt(nonce, key, key_id)
        with self._database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO person_keys VALUES (?, ?, ?)", (person_id.bytes, key_id, wrapped))
            row = db.execute("SELECT key_id, wrapped FROM person_keys WHERE person_id=?", (person_id.bytes,)).fetchone()
        self._seen = self._database.state()
        return (row[0], self._unwrap(row[0], row[1]))  # another process may have been a moment earlier

    def _unwrap(self, key_id: bytes, wrapped: bytes) -> bytes:
        try:
            return self._wrapper.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], key_id)
        except InvalidTag as error:
            raise KeyFault(
                "keys.db 不属于此节点密钥，或已被改动。 / keys.db belongs to another node.key, or was changed."
            ) from error

    def _cipher(self, key_id: bytes) -> AESGCM:
        with self._lock:
            self._follow()
            cipher = self._ciphers.get(key_id)
            if cipher is None:
                row = self._database.connection.execute(
                    "SELECT wrapped FROM person_keys WHERE key_id=?", (key_id,)
                ).fetchone()
                if row is None:
                    raise KeyErased("the key that sealed this was erased (or belongs to another node)")
                cipher = self._ciphers[key_id] = AESGCM(self._unwrap(key_id, row[0]))
            return cipher


def _read_key_file(path: Path) -> tuple[bytes, bytes]:
    """(seed, master key), 32 bytes each. Raises FileExposed or KeyFault."""
    refuse_exposed(path)
    content = path.read_bytes()
    body, digest = content[:68], content[68:]
    if body[:4] != _MAGIC or hashlib.sha256(body).digest() != digest:
        raise KeyFault(f"{path}: 节点密钥文件已损坏。 / the node's key file is damaged or not one of ours.")
    return body[4:36], body[36:68]
