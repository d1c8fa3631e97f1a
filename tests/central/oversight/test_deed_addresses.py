"""Whoever loads the address of a deed again, after a refusal was drawn there, sees the page that it belongs to."""

from __future__ import annotations

from uuid import uuid4

HTML = {"accept": "text/html"}


def test_an_id_that_is_none_is_said_in_the_readers_language(login_as, client):
    manager = login_as("manager")
    for address, status, words in (
        ("/people/homes/not-an-id", 404, "没有找到"),
        ("/setup/rules?community=not-an-id", 422, "编号不完整"),
        ("/visitors?whose=nobody", 422, "有一项无法识别"),
    ):
        page = manager.get(address, headers=HTML)
        assert page.status_code == status and words in page.text, address
        assert "UUID" not in page.text and "Input" not in page.text
        assert "not-an-id" not in page.text.split('<main id="main"')[1].split("</main>")[0]
    told = manager.get("/api/v1/residents/not-an-id").json()
    assert told["status"] == 422 and "UUID" in str(told["fields"]), "a program is told exactly"


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
