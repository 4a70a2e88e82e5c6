"""Merging pairs into persons, and the meaning of link, unlink, merge, split and undo."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.persons.people import registration, slip

from minkang.persons.clusters import Apart, Link, Membership, broken_rules, merge
from minkang.persons.model import read_model
from minkang.persons.preparing import preparation
from minkang.persons.profile import read_profile
from minkang.persons.scoring import Scorer

PROFILE = read_profile("default")
SCORER = Scorer(PROFILE, read_model("resident"))
PREPARE = preparation(PROFILE)
IDS = st.sampled_from("abcdef")
PERSONS = st.sampled_from("PQR")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.data())
def test_no_cluster_breaks_a_rule(seed: int, data: st.DataObject) -> None:
    """Whatever pairs are asked to merge, also ones no scorer would ask, nobody is merged against a rule."""
    rng = random.Random(seed)
    rows = [registration(rng, k) for k in range(3)]
    rows = [PREPARE(one) for row in rows for one in (row, slip(rng, row), slip(rng, row), slip(rng, row))]
    pairs = data.draw(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40))
    apart = Apart(PROFILE.apart)
    merged = merge(12, pairs, {k: apart.facts(row) for k, row in enumerate(rows)}, apart)
    clusters: dict[int, list[int]] = {}
    for k, root in enumerate(merged.root):
        clusters.setdefault(root, []).append(k)
    for members in clusters.values():
        assert not broken_rules([[rows[k] for k in members]], SCORER.forbids)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))), st.randoms())
def test_without_rules_the_order_of_pairs_makes_no_difference(pairs: list[tuple[int, int]], rng: random.Random) -> None:
    """Every order gives the same persons, each named by its least record."""
    other = [(b, a) for a, b in pairs]
    rng.shuffle(other)
    apart = Apart(())
    assert merge(10, pairs, {}, apart).root == merge(10, other, {}, apart).root


def test_a_refused_pair_is_told() -> None:
    """With the rule that refused it."""
    rng = random.Random(5)
    rows = [PREPARE(registration(rng, k)) for k in range(2)]
    apart = Apart(PROFILE.apart)
    merged = merge(2, [(0, 1)], {k: apart.facts(row) for k, row in enumerate(rows)}, apart)
    assert merged.refused == [(0, 1, "different_numbers")]
    assert merged.root == [0, 1]


MEMBERSHIPS = st.dictionaries(IDS, PERSONS).map(
    lambda links: Membership({record: Link(person, "score", 9.0) for record, person in links.items()})
)


@given(MEMBERSHIPS, IDS)
def test_unlink_then_relink_restores_the_same_state(state: Membership, record: str) -> None:
    """And no other record moves meanwhile."""
    if record not in state.links:
        return
    apart = state.unlink(record)
    assert record not in apart.links
    assert {key: one for key, one in state.links.items() if key != record} == apart.links
    assert apart.link(record, state.links[record]).links == state.links


@given(
    MEMBERSHIPS, st.lists(st.tuples(st.sampled_from(["link", "unlink", "merge", "split"]), IDS, PERSONS), max_size=8)
)
def test_every_change_can_be_undone(state: Membership, changes: list[tuple[str, str, str]]) -> None:
    """One undo for each, back to the beginning."""
    now = state
    for what, record, person in changes:
        if what == "link":
            now = now.link(record, Link(person, "hand"))
        elif what == "unlink":
            now = now.unlink(record)
        elif what == "merge":
            now = now.merge(person, "P", "hand")
        else:
            now = now.split([record], "S", "hand")
    for _ in changes:
        now = now.undo()
    assert now.links == state.links


def test_merge_and_split_move_records() -> None:
    """All of one person to another, and some of them out again."""
    state = Membership({"a": Link("P", "score"), "b": Link("Q", "score")}).merge("P", "Q", "hand")
    assert state.members("P") == {"a", "b"}
    assert state.split(["b"], "Q", "hand").members("Q") == {"b"}
