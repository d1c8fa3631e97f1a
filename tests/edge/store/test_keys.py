"""Keys: made once, readable by the node alone, and gone for good when erased."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import VerifyKey

from edge.store.database import DatabaseCorrupt
from edge.store.files import FileExposed
from edge.store.keys import KeyErased, KeyFault, KeyRing, SealBroken
from models.values.ids import new_id


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_the_keys_are_made_once_and_stay(tmp_path: Path) -> None:
    first = KeyRing.open(tmp_path / "keys")
    public, person = first.public_key, new_id()
    key, sealed = first.person_key(person), first.seal(b"x", b"a")
    first.close()
    again = KeyRing.open(tmp_path / "keys")
    assert (again.public_key, again.person_key(person), again.unseal(sealed, b"a")) == (public, key, b"x")
    VerifyKey(public).verify(b"hello", again.sign(b"hello"))
    again.close()


def test_every_file_is_for_the_node_alone(tmp_path: Path) -> None:
    before = os.umask(0)  # as careless as an account can be
    try:
        keys = KeyRing.open(tmp_path / "keys")
        keys.person_key(new_id())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
        keys.close()
    finally:
        os.umask(before)
    assert modes and set(modes.values()) == {0o600}, modes


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused_in_words(tmp_path: Path, mode: int) -> None:
    KeyRing.open(tmp_path / "keys").close()
    (tmp_path / "keys" / "node.key").chmod(mode)
    with pytest.raises(FileExposed, match="chmod 600"):
        KeyRing.open(tmp_path / "keys")


def test_a_lost_or_damaged_node_key_is_never_replaced_silently(tmp_path: Path) -> None:
    KeyRing.open(tmp_path / "keys").close()
    key_file = tmp_path / "keys" / "node.key"
    content = key_file.read_bytes()
    key_file.write_bytes(content[:40] + b"!" + content[41:])
    with pytest.raises(KeyFault):
        KeyRing.open(tmp_path / "keys")
    key_file.unlink()
    with pytest.raises(KeyFault, match="No new key"):
        KeyRing.open(tmp_path / "keys")
    assert not key_file.exists()


def test_a_damaged_keys_db_is_refused_and_kept(tmp_path: Path) -> None:
    KeyRing.open(tmp_path / "keys").close()
    damaged = b"no database" * 1000
    (tmp_path / "keys" / "keys.db").write_bytes(damaged)
    with pytest.raises(DatabaseCorrupt):
        KeyRing.open(tmp_path / "keys")
    assert (tmp_path / "keys" / "keys.db").read_bytes() == damaged


def test_keys_of_another_node_do_not_open(tmp_path: Path) -> None:
    person = new_id()
    for name in ("one", "two"):
        ring = KeyRing.open(tmp_path / name)
        ring.person_key(person)
        ring.close()
    (tmp_path / "one" / "keys.db").write_bytes((tmp_path / "two" / "keys.db").read_bytes())
    mixed = KeyRing.open(tmp_path / "one")
    with pytest.raises(KeyFault):
        mixed.person_key(person)
    mixed.close()


def test_erasing_a_persons_key_takes_its_bytes_out_of_every_file(tmp_path: Path) -> None:
    keys = KeyRing.open(tmp_path / "keys")
    person, others = new_id(), [new_id() for _ in range(40)]
    for other in others[:20]:
        keys.person_key(other)
    sealed = keys.seal(b"a name", b"", person)
    for other in others[20:]:
        keys.person_key(other)
    row = keys._database.connection.execute(
        "SELECT person_id, key_id, wrapped FROM person_keys WHERE person_id=?", (person.bytes,)
    ).fetchone()
    before = all_bytes(tmp_path / "keys")
    assert all(part in before for part in row), "the scan must be able to find what it looks for"
    assert keys.erase(person)
    after = all_bytes(tmp_path / "keys")
    assert not any(part in after for part in row)
    with pytest.raises(KeyErased):
        keys.unseal(sealed, b"")
    keys.close()
    assert not any(part in all_bytes(tmp_path / "keys") for part in row)
    again = KeyRing.open(tmp_path / "keys")
    with pytest.raises(KeyErased):
        again.unseal(sealed, b"")
    again.person_key(person)  # the person may come back; what was before stays closed
    with pytest.raises(KeyErased):
        again.unseal(sealed, b"")
    assert again.erase(person) and not again.erase(person)
    assert len({again.person_key(other) for other in others}) == 40
    again.close()


def test_a_running_node_follows_what_another_process_erases(tmp_path: Path) -> None:
    node, person = KeyRing.open(tmp_path / "keys"), new_id()
    sealed = node.seal(b"x", b"", person)
    assert node.unseal(sealed, b"") == b"x"
    code = (
        "import sys; from uuid import UUID; from pathlib import Path; from edge.store.keys import KeyRing\n"
        "ring = KeyRing.open(Path(sys.argv[1])); assert ring.erase(UUID(sys.argv[2])); ring.close()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "keys"), str(person)], check=True)
    with pytest.raises(KeyErased):
        node.unseal(sealed, b"")
    node.close()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plain=st.binary(max_size=300), aad=st.binary(max_size=40), personal=st.booleans(), bit=st.integers(0, 4000))
def test_what_is_sealed_opens_unchanged_or_not_at_all(
    keys: KeyRing, plain: bytes, aad: bytes, personal: bool, bit: int
) -> None:
    sealed = keys.seal(plain, aad, new_id() if personal else None)
    assert keys.unseal(sealed, aad) == plain
    damaged = bytearray(sealed)
    damaged[bit // 8 % len(sealed)] ^= 1 << bit % 8
    with pytest.raises((SealBroken, KeyErased)):
        keys.unseal(bytes(damaged), aad)
    with pytest.raises(SealBroken):
        keys.unseal(sealed, aad + b"!")
    with pytest.raises(SealBroken):
        keys.unseal(sealed[:20], aad)
