"""The guard's desk as a test comes to it."""

from playwright.sync_api import Page, expect


def at_the_desk(page: Page, address: str = "/") -> Page:
    page.goto(address)
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    return page
