"""Places: no two devices on one, the same for every order of the input, sites together, linked devices near."""

from __future__ import annotations

from itertools import pairwise
from math import dist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.topology.layouts import Way, places
from netguru.topology.roles import role, site

WAYS: tuple[Way, ...] = ("layers", "groups", "force")
NAMES = st.lists(
    st.sampled_from([f"{kind}{number}" for kind in ("core", "z1-dist", "z2-acc", "x", "fw") for number in range(6)]),
    min_size=1,
    unique=True,
)


@st.composite
def graphs(draw):
    names = draw(NAMES)
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=40))
    return names, pairs


@pytest.mark.parametrize("way", WAYS)
@given(graph=graphs(), shuffled=st.randoms(use_true_random=False))
def test_every_device_has_a_place_of_its_own_whatever_the_order(way, graph, shuffled):
    names, pairs = graph
    made = places(names, pairs, way)
    assert set(made) == set(names)
    assert len(set(made.values())) == len(names)
    shuffled.shuffle(names)
    turned = [(b, a) for a, b in pairs]
    shuffled.shuffle(turned)
    assert places(names, turned, way) == made


def test_a_ring_pulled_by_its_links_has_neighbours_nearer_than_others():
    names = [f"n{number}" for number in range(12)]
    made = places(names, [*pairwise(names), (names[-1], names[0])], "force")
    beside = [dist(made[a], made[b]) for a, b in pairwise(names)]
    across = [dist(made[names[index]], made[names[index + 6]]) for index in range(6)]
    assert max(beside) < min(across)


def test_sites_stand_apart_and_the_core_above():
    names = ["core1", "core2", *(f"{town}-acc{number}" for town in "abcdefgh" for number in range(5))]
    made = places(names, [(name, core) for name in names[2:] for core in names[:2]], "groups")
    assert {made["core1"][1], made["core2"][1]} == {0}
    boxes = {}
    for name in names[2:]:
        boxes.setdefault(site(name), []).append(made[name])
    areas = [
        (min(x for x, _ in b), max(x for x, _ in b), min(y for _, y in b), max(y for _, y in b)) for b in boxes.values()
    ]
    for index, (left, right, top, bottom) in enumerate(areas):
        for other in areas[index + 1 :]:
            assert right < other[0] or other[1] < left or bottom < other[2] or other[3] < top


@pytest.mark.parametrize(
    ("name", "expected"),
    [("DC1-SPINE-02.example.net", "spine"), ("fw01", "firewall"), ("zurich", ""), ("h3", "host"), ("10.0.0.1", "")],
)
def test_roles_are_read_from_names(name, expected):
    assert role(name)[0] == expected
