"""Addresses under a key: what stays together, what stays of its kind, what stays as it is."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.redact.addresses import Addresses, is_mask
from netguru.redact.names import Names
from netguru.redact.permutation import Permutation

KEY = b"a key of the tests, long enough."
V4 = st.integers(0, 2**32 - 1)
V6 = st.integers(0, 2**128 - 1)
ADDRESSES = Addresses(KEY)


def common_bits(one, other, bits):
    return bits - (one ^ other).bit_length()


@given(V4, V4)
def test_two_addresses_share_as_many_bits_as_before(one, other):
    before, after = (one, other), (ADDRESSES.ipv4(one), ADDRESSES.ipv4(other))
    if not any(map(is_mask, before)):
        assert common_bits(*after, 32) == common_bits(*before, 32)


@given(V6, V6)
def test_two_ipv6_addresses_share_as_many_bits_as_before(one, other):
    plain = [value for value in (one, other) if value >> 24 & 0xFFFF != 0xFFFE and value >> 32 != 0xFFFF]
    if len(plain) == 2:
        assert common_bits(ADDRESSES.ipv6(one), ADDRESSES.ipv6(other), 128) == common_bits(one, other, 128)


@pytest.mark.parametrize(
    "block",
    [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "192.0.2.0/24",
        "198.18.0.0/15",
    ],
)
@given(data=st.data())
def test_a_class_is_kept_and_not_entered(block, data):
    network = IPv4Network(block)
    inside = data.draw(st.integers(int(network[0]), int(network[-1])))
    assert IPv4Address(ADDRESSES.ipv4(inside)) in network
    value = data.draw(V4)
    assert (IPv4Address(value) in network) == (IPv4Address(ADDRESSES.ipv4(value)) in network)


@pytest.mark.parametrize("block", ["fe80::/64", "fc00::/8", "fd00::/8", "2001:db8::/32", "2002::/16"])
@given(data=st.data())
def test_a_class_of_ipv6_is_kept_and_not_entered(block, data):
    network = IPv6Network(block)
    inside = data.draw(st.integers(int(network[0]), int(network[-1])))
    assert IPv6Address(ADDRESSES.ipv6(inside)) in network
    value = data.draw(V6)
    assert (IPv6Address(value) in network) == (IPv6Address(ADDRESSES.ipv6(value)) in network)


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0", "127.0.0.1", "224.0.0.5", "239.1.2.3", "255.255.255.255", "255.255.254.0", "0.0.15.255", "0.0.0.7"],  # noqa: S104 - no address that a server listens on
)
def test_special_addresses_and_masks_stay(text):
    assert str(IPv4Address(ADDRESSES.ipv4(int(IPv4Address(text))))) == text


@pytest.mark.parametrize("text", ["::", "::1", "ff02::1", "ff02::5", "ff02::1:ff00:1"])
def test_special_ipv6_addresses_stay(text):
    assert str(IPv6Address(ADDRESSES.ipv6(int(IPv6Address(text))))) == text


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_macs_stay_apart_and_of_their_kind(one, other):
    new = ADDRESSES.mac(one), ADDRESSES.mac(other)
    assert (new[0] == new[1]) == (one == other)
    # Group or not, local or not.
    assert new[0] >> 40 & 3 == one >> 40 & 3
    assert Addresses(KEY, keep_oui=True).mac(one) >> 24 == one >> 24
    if one >> 40 & 1:
        assert new[0] == one


@given(st.integers(0, 2**32 - 1))
def test_an_as_number_stays_private_or_public(number):
    new = ADDRESSES.asn(number)
    for first, last in ((64512, 65534), (4200000000, 4294967294), (1, 64495), (64496, 64511)):
        assert (first <= new <= last) == (first <= number <= last)


@given(st.integers(1, 400))
def test_a_permutation_meets_every_number_once(bound):
    made = Permutation(KEY, "test")
    assert sorted(made.below(bound, number) for number in range(bound)) == list(range(bound))


@given(st.lists(st.text("abcXYZ019-_.", min_size=2, max_size=9), min_size=1, max_size=20))
def test_names_stay_apart_and_as_long(given_names):
    names = Names(KEY, given_names)
    made = {name: names.of(name) for name in names.known}
    assert len(set(made.values())) == len(made)
    assert all(len(new) == len(old) for old, new in made.items())
    # The same in another set of names: nothing depends on what else there is.
    assert all(Names(KEY, [name]).of(name) == new for name, new in made.items())


def test_another_key_gives_other_addresses():
    other = Addresses(b"another key, of the same length.")
    values = range(0x08080800, 0x5A080800, 0x01010000)
    assert sum(ADDRESSES.ipv4(value) == other.ipv4(value) for value in values) < len(values) / 2
