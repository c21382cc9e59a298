"""Where a chapter can be run: the standard settings of Jupyter Book, pinned to the version."""

import pytest

from citablebook import notebooks

COLAB = "https://colab.example"


def launched(url: str, **buttons: str) -> dict[str, str]:
    config = {"repository": {"url": url}} | ({"launch_buttons": buttons} if buttons else {})
    return notebooks.launch_addresses(config, "chapters/cases", "1.2.0")


@pytest.mark.parametrize(
    "url, place",
    [
        ("https://github.com/owner/book", "gh/owner/book"),
        ("https://github.com/owner/book.git", "gh/owner/book"),
        ("https://gitlab.com/owner/book/", "gl/owner%2Fbook"),
        ("https://git.example/owner/book", "git/https%3A%2F%2Fgit.example%2Fowner%2Fbook"),
    ],
)
def test_binder_opens_the_chapter_at_the_tag_of_the_version(url, place):
    address = f"v2/{place}/v1.2.0?urlpath=lab/tree/chapters/cases.md"
    assert launched(url) == {"Binder": f"https://mybinder.org/{address}"}
    chosen = launched(url, binderhub_url="https://hub.example/")
    assert chosen == {"Binder": f"https://hub.example/{address}"}


def test_colab_opens_the_notebook_that_the_release_left_on_github_alone():
    found = launched("https://github.com/owner/book", colab_url=COLAB)
    place = "github/owner/book/blob/notebooks-v1.2.0/cases.ipynb"
    assert found == {"Colab": f"{COLAB}/{place}"}
    assert launched("https://gitlab.com/owner/book", colab_url=COLAB) == {}


def test_without_an_address_or_with_no_buttons_nothing_is_offered():
    assert notebooks.launch_addresses({}, "chapters/cases", "1") == {}
    assert launched("", binderhub_url="https://hub.example") == {}
    config = {"repository": {"url": "https://github.com/a/b"}, "launch_buttons": {}}
    assert notebooks.launch_addresses(config, "chapters/cases", "1") == {}
