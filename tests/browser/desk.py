"""The guard's desk as a test comes to it."""

from playwright.sync_api import Page, expect


def at_the_desk(page: Page, address: str = "/") -> Page:
    page.goto(address)
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    return page


def takes_note(page: Page) -> None:
    """By key, once the card that stands first has been there to be read."""
    expect(page.locator("#alarms[data-glance]")).to_have_count(0)
    page.keyboard.press("a")
