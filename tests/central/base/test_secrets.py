"""Secrets at rest: sealed to a master key, a tenant and a purpose; the key file is the owner's alone."""

from __future__ import annotations

import stat
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.secrets import KEY_BYTES, SecretsError, Vault, attach_vault, open_vault, seal, unseal
from central.base.kernel.session import open_session, tenant_session

KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


@pytest.mark.req("SEC-03")
@given(key=KEYS, plain=st.binary(max_size=200), about=st.text(max_size=30))
def test_what_is_sealed_opens_again_and_is_never_sealed_alike_twice(key, plain, about):
    vault = Vault(key)
    sealed = vault.seal(plain, about)
    assert vault.open(sealed, about) == plain
    assert vault.seal(plain, about) != sealed


@pytest.mark.req("SEC-03")
@given(plain=st.binary(min_size=1, max_size=60), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_changed_bit_is_refused(plain, place, bit):
    vault = Vault(bytes(KEY_BYTES))
    sealed = bytearray(vault.seal(plain, "a"))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(SecretsError):
        vault.open(bytes(sealed), "a")


@given(cut=st.binary(max_size=40))
def test_anything_at_all_is_refused_with_our_own_error(cut):
    with pytest.raises(SecretsError):
        Vault(bytes(KEY_BYTES)).open(cut, "a")


@pytest.mark.req("SEC-03")
def test_another_key_or_another_purpose_does_not_open():
    sealed = Vault(bytes(KEY_BYTES)).seal(b"secret", "pass_key:1")
    with pytest.raises(SecretsError):
        Vault(b"1" * KEY_BYTES).open(sealed, "pass_key:1")
    with pytest.raises(SecretsError):
        Vault(bytes(KEY_BYTES)).open(sealed, "pass_key:2")


@pytest.mark.req("ADMIN-02", "SEC-03")
def test_one_tenants_secret_does_not_open_in_another(database, two_tenants):
    attach_vault(database.engine, Vault(bytes(KEY_BYTES)))
    with tenant_session(database.engine, two_tenants.a) as db:
        sealed = seal(db, b"secret", "x")
        assert unseal(db, sealed, "x") == b"secret"
    with tenant_session(database.engine, two_tenants.b) as db, pytest.raises(SecretsError):
        unseal(db, sealed, "x")


def test_without_a_vault_nothing_is_sealed(database, two_tenants):
    with tenant_session(database.engine, two_tenants.a) as db, pytest.raises(SecretsError):
        seal(db, b"secret", "x")
    with open_session(database.engine) as db, pytest.raises((LookupError, SecretsError)):
        seal(db, b"secret", "x")


@pytest.mark.req("SEC-03")
def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "secrets" / "master.key"
    made = open_vault(path, make=True)
    text = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_vault(path, make=True).open(made.seal(b"secret", "x"), "x") == b"secret"
    assert path.read_bytes() == text
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


@pytest.mark.req("SEC-03")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_file_open_to_others_is_refused(tmp_path, mode):
    path = tmp_path / "master.key"
    open_vault(path, make=True)
    path.chmod(mode)
    with pytest.raises(SecretsError, match="0600"):
        open_vault(path)


def test_a_lost_or_damaged_key_file_is_an_error_and_not_a_new_key(tmp_path):
    path = tmp_path / "master.key"
    with pytest.raises(SecretsError):
        open_vault(path)
    for damage in (b"not base64!", b"c2hvcnQ=\n", b"\xff\xfe"):
        path.write_bytes(damage)
        path.chmod(0o600)
        with pytest.raises(SecretsError):
            open_vault(path, make=True)
        assert path.read_bytes() == damage


def test_two_first_starts_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "master.key"
    start = threading.Barrier(4)
    vaults: list[Vault] = []

    def first_start() -> None:
        start.wait()
        vaults.append(open_vault(path, make=True))

    threads = [threading.Thread(target=first_start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = vaults[0].seal(b"secret", "x")
    assert [vault.open(sealed, "x") for vault in vaults] == [b"secret"] * 4


@pytest.mark.req("SEC-03")
def test_the_folder_of_a_new_key_is_for_its_own_account_only(tmp_path):
    open_vault(tmp_path / "secrets" / "master.key", make=True)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
