"""Whoever loads the address of a deed again, after a refusal was drawn there, sees the page that it belongs to."""

from __future__ import annotations

from uuid import uuid4

HTML = {"accept": "text/html"}


def test_the_address_of_a_deed_loaded_again_is_its_page(login_as, client):
    manager, one = login_as("manager"), uuid4()
    for address, page in (
        (f"/tariffs/{one}/approve", "/tariffs"),
        (f"/people/homes/{one}/block", f"/people/homes/{one}"),
        (f"/visitors/{one}/revoke", f"/visitors/{one}"),
        (f"/face-figures/findings/{one}/close", "/face-figures"),
        (f"/alarms/{one}/acknowledge", "/"),
        (f"/setup/gates/{one}/name", "/setup/gates"),
        ("/logout", "/"),
        (f"/setup/phone?community={one}", f"/setup?community={one}"),
        ("/setup/phone?x=\\evil", "/setup"),
        (f"/setup/phone?x={'a' * 3000}", "/setup"),
    ):
        for whoever in (manager, client):
            answer = whoever.get(address, headers=HTML)
            assert (answer.status_code, answer.headers.get("location")) == (303, page), address
    assert (
        client.get("/enrol/a-word-of-its-own/consent", headers=HTML).headers["location"] == "/enrol/a-word-of-its-own"
    )
    assert manager.get(f"/tariffs/{one}/approve").status_code == 405  # a program is told
    assert manager.put("/nodes", headers=HTML).status_code == 405
