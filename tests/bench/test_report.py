"""The arithmetic that every ratio in a report goes through."""

from __future__ import annotations

import pytest

from tests.bench.report import Summary, summarize, table
from tests.bench.rungs import HOOKS, MONITOR, NOTHING, OURS, choose


def test_ratios_pair_the_figures_of_one_round() -> None:
    """A ratio is taken within each round, and its median need not be the ratio of the medians."""
    rounds = {"base": [1.0, 10.0, 4.0], "mine": [2.0, 5.0, 4.0]}
    assert summarize(rounds, base="base") == {
        "base": Summary(4.0, 1.0, 1.0, 1.0),
        "mine": Summary(4.0, 1.0, 0.5, 2.0),
    }


def test_a_lost_round_is_refused() -> None:
    """Rungs with different numbers of rounds are never compared."""
    with pytest.raises(ValueError, match="argument"):
        summarize({"base": [1.0, 1.0], "mine": [1.0]}, base="base")


def test_a_table_lines_up() -> None:
    """Each column of a table is as wide as its widest cell, figures to the right."""
    assert table(("name", "us"), [("a", "1.00"), ("bcdef", "12.00")]) == (
        "| name  |    us |\n| ----- | ----: |\n| a     |  1.00 |\n| bcdef | 12.00 |"
    )


def test_chosen_rungs_keep_the_order_and_the_base() -> None:
    """The ladder's order stays, and the rungs that ratios need are always among the chosen."""
    assert choose(HOOKS, names="ours", needed=(NOTHING, MONITOR)) == [NOTHING, OURS, MONITOR]


def test_an_unknown_rung_is_named() -> None:
    """A name that the ladder does not have is an error that says which."""
    with pytest.raises(ValueError, match="no such rung: our;"):
        choose(HOOKS, names="our,monitor", needed=())
