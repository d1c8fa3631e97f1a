"""An error in both languages, a line for each."""

from edge.told import halves, told


def test_each_language_is_on_its_own_line() -> None:
    assert told("没有登记", "Not enrolled", ValueError("断了 / cut / off")) == "没有登记：断了\nNot enrolled: cut / off"


def test_a_stroke_within_the_chinese_parts_nothing() -> None:
    assert halves("写完整路径，以 / 开头。 / must be the whole path, from / on") == (
        "写完整路径，以 / 开头。", "must be the whole path, from / on"
    )  # fmt: skip
    assert halves("/var/门: 坏 / /var/门: damaged") == ("/var/门: 坏", "/var/门: damaged")


def test_a_path_in_front_stands_in_front_of_both() -> None:
    assert told("甲", "A", "/var/门/node.json: 坏了 / is damaged") == (
        "甲：/var/门/node.json: 坏了\nA: /var/门/node.json: is damaged"
    )


def test_what_has_one_language_is_said_in_both_lines() -> None:
    assert told("甲", "A", OSError("disk I/O error")) == "甲：disk I/O error\nA: disk I/O error"
