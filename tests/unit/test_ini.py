from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from liftlock import ini

TEXT = """\
# The operator's own words.
[DEFAULT]
debug = false
# why this is so
transport_url = rabbit://a:b@c:5672/
enabled_apis = osapi_compute,
    metadata
[database]
connection: mysql://x
[pci]
alias = one
; in between
alias = two
"""

words = st.text(st.characters(categories=("Ll", "Lu", "Nd"), include_characters="_"), min_size=1)
sections = st.sampled_from(["DEFAULT", "database", "api", "pci"])
values = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1)
    .map(str.strip)
    .filter(lambda v: v and v[0] not in "\"'")
)
noise = st.sampled_from(
    ["", "# words", "; words", "name = other", "x = 1\n  2", "[api]", "[DEFAULT]", "alias = y", "bare"]
)
texts = st.lists(noise).map(lambda lines: "\n".join(["[DEFAULT]", *lines]) + "\n")


def test_a_plain_option_takes_its_last_setting_and_a_multiple_one_all() -> None:
    assert ini.value(TEXT, "pci", "alias") == "two"
    assert ini.values(TEXT, "pci", "alias") == ("one", "two")


def test_colons_continued_lines_and_quotes_are_read_as_oslo_does() -> None:
    assert ini.value(TEXT, "database", "connection") == "mysql://x"
    assert ini.value(TEXT, "DEFAULT", "enabled_apis") == "osapi_compute,\nmetadata"
    assert ini.value('[a]\nx = "b c"\n', "a", "x") == "b c"


def test_a_value_may_hold_colons_and_equal_signs() -> None:
    assert ini.value(TEXT, "DEFAULT", "transport_url") == "rabbit://a:b@c:5672/"


def test_an_option_of_another_section_is_not_meant() -> None:
    assert ini.value(TEXT, "api", "debug") is None
    assert ini.value(TEXT, "database", "debug") is None


def test_a_changed_option_keeps_its_place_and_all_other_lines() -> None:
    assert ini.edited(TEXT, "DEFAULT", "debug", "true") == TEXT.replace("debug = false", "debug = true")


def test_a_new_option_comes_at_the_end_of_its_section() -> None:
    changed = ini.edited(TEXT, "database", "max_pool_size", "5")
    assert changed == TEXT.replace("connection: mysql://x\n", "connection: mysql://x\nmax_pool_size = 5\n")


def test_an_option_given_several_times_is_once_what_it_is_set_to() -> None:
    assert ini.values(ini.edited(TEXT, "pci", "alias", "three"), "pci", "alias") == ("three",)


def test_continued_lines_go_with_the_option_they_continue() -> None:
    assert "metadata" not in ini.edited(TEXT, "DEFAULT", "enabled_apis", None)


def test_an_option_of_a_section_given_twice_is_found_in_both() -> None:
    text = "[a]\nx = 1\n[b]\n[a]\nx = 2\n"
    assert ini.values(text, "a", "x") == ("1", "2")
    assert ini.edited(text, "a", "x", None) == "[a]\n[b]\n[a]\n"


def test_an_empty_file_gets_its_section() -> None:
    assert ini.edited("", "a", "x", "1") == "[a]\nx = 1\n"


@given(texts, sections, words, values)
def test_what_was_set_is_read_back_and_set_again_changes_nothing(
    text: str, section: str, option: str, value: str
) -> None:
    once = ini.edited(text, section, option, value)
    assert ini.values(once, section, option) == (value,)
    assert ini.edited(once, section, option, value) == once


@given(texts, sections, words, values)
def test_every_other_line_stays(text: str, section: str, option: str, value: str) -> None:
    before = set(text.splitlines()) - {x for x in text.splitlines() if x.startswith(option)}
    assert before <= set(ini.edited(text, section, option, value).splitlines()) | {""}


@given(texts, sections, words, values)
def test_a_new_option_that_is_removed_again_leaves_the_text(
    text: str, section: str, option: str, value: str
) -> None:
    if ini.value(text, section, option) is None and f"[{section}]" in text:
        assert ini.edited(ini.edited(text, section, option, value), section, option, None) == text


@given(texts, sections, words)
def test_a_removed_option_is_gone(text: str, section: str, option: str) -> None:
    assert ini.values(ini.edited(text, section, option, None), section, option) == ()


def test_settings_are_told_in_order_with_their_lines() -> None:
    found = ini.settings(TEXT)
    assert [s.place for s in found][:3] == [
        ("DEFAULT", "debug"),
        ("DEFAULT", "transport_url"),
        ("DEFAULT", "enabled_apis"),
    ]
    assert (found[2].raw, found[2].value) == (
        ("enabled_apis = osapi_compute,", "    metadata"),
        "osapi_compute,\nmetadata",
    )


def test_a_form_feed_in_a_comment_ends_no_line() -> None:
    assert ini.settings("[a]\n# words\x0cx = 1\n") == ()
    assert ini.edited("[a]\n# words\x0cx = 1\n", "a", "x", None) == "[a]\n# words\x0cx = 1\n"


def test_a_moved_option_takes_all_of_its_lines_along() -> None:
    text = "[a]\nx = 1\n  2\n# words\nx: 3\n[b]\ny = 4\n"
    assert ini.moved(text, "a", "x", ("b", "z")) == "[a]\n# words\n[b]\ny = 4\nz = 1\n  2\nz: 3\n"
    assert ini.moved(text, "a", "x", ("a", "z")) == text.replace("x", "z")


@given(texts, sections, words, sections, words, values, st.booleans())
def test_a_move_repeated_changes_nothing_more(
    text: str, section: str, option: str, to: str, name: str, value: str, keep: bool
) -> None:
    text = ini.edited(text.replace("bare\n", ""), section, option, value)
    once = ini.moved(text, section, option, (to, name), keep=keep)
    if (section, option) != (to, name):
        assert value in ini.values(once, to, name)
        assert ini.moved(once, section, option, (to, name), keep=keep) == once
