"""The TLS hello of a QUIC client, which the first packets carry under keys that anyone can derive (RFC 9001, 9369).

Only what is needed to read it: AES-128 in one direction, and the counter mode of GCM. The tag is not
checked: bytes that were not meant so give no hello.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from netguru.pcap.protocols import tls
from netguru.pcap.protocols.wire import take, u8, u32

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_LONG, _TAG, _SAMPLE = 0x80, 16, 16
_MOST_TOKEN = 4096
_MOST_HELLO = 1 << 16
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0, 1, 2, 3, 6
_FIXED_SHIFT = 4


@dataclass(frozen=True, slots=True)
class _Version:
    """What the versions differ in: salt, prefix of the labels, type of an Initial packet."""

    salt: bytes
    prefix: bytes
    initial: int


_V1 = _Version(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), b"quic", 0)
_V2 = _Version(bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), b"quicv2", 1)
_DRAFT_29 = _Version(bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899"), b"quic", 0)
_DRAFT_23 = _Version(bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502"), b"quic", 0)


def _version(number: int) -> _Version | None:
    if number in (1, 0x6B3343CF):
        return _V1 if number == 1 else _V2
    if number >> 8 != 0xFF0000:  # noqa: PLR2004 - the drafts of the first version
        return None
    draft = number & 0xFF
    if 29 <= draft <= 34:  # noqa: PLR2004 - drafts with one salt
        return _DRAFT_29
    return _DRAFT_23 if 23 <= draft <= 28 else None  # noqa: PLR2004 - as above


def server_name(datagrams: Sequence[bytes]) -> str:
    """Read the server name from the first datagrams of a client; empty when there is none.

    >>> server_name([b"no packet of QUIC"])
    ''
    """
    parts: dict[int, bytes] = {}
    first: bytes | None = None
    for datagram in datagrams:
        try:
            for packet in _initials(datagram):
                first = first or packet.connection
                for connection in dict.fromkeys((packet.connection, first)):
                    found = _crypto(_decrypted(packet, connection))
                    if found:
                        parts |= found
                        break
        except (struct.error, ValueError, IndexError):
            continue
    hello = _joined(parts)
    size = len(hello)
    messages = tls.decode(b"\x16\x03\x01" + struct.pack("!H", size) + hello) if 0 < size < 1 << 14 else []
    return next((str(row["sni"]) for row in messages if row.get("sni")), "")


@dataclass(frozen=True, slots=True)
class _Initial:
    version: _Version
    connection: bytes
    data: bytes
    number_at: int
    end: int


def _initials(datagram: bytes) -> Iterator[_Initial]:
    """Give the Initial packets of a datagram; they stand before packets of other kinds."""
    at = 0
    while at + 7 < len(datagram) and datagram[at] & _LONG:
        version = _version(u32(datagram, at + 1))
        if version is None or datagram[at] >> _FIXED_SHIFT & 3 != version.initial:
            return
        place = at + 5
        size = u8(datagram, place)
        connection = take(datagram, place + 1, size)
        place += 1 + size
        place += 1 + u8(datagram, place)
        token, place = _varint(datagram, place)
        if token > _MOST_TOKEN:
            return
        length, place = _varint(datagram, place + token)
        end = min(place + length, len(datagram))
        yield _Initial(version, connection, datagram[at:end], place - at, end - at)
        at = end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of one, two, four or eight bytes (RFC 9000, section 16)."""
    size = 1 << (u8(data, at) >> 6)
    value = int.from_bytes(take(data, at, size), "big")
    return value & ((1 << (8 * size - 2)) - 1), at + size


def _decrypted(packet: _Initial, connection: bytes) -> bytes:
    key, vector, mask_key = _keys(packet.version, connection)
    sample = take(packet.data, packet.number_at + 4, _SAMPLE)
    mask = aes(mask_key, np.frombuffer(sample, np.uint8).reshape(1, 16)).tobytes()
    size = ((packet.data[0] ^ mask[0]) & 3) + 1
    hidden = packet.data[packet.number_at : packet.number_at + size]
    number = bytes(one ^ two for one, two in zip(hidden, mask[1:], strict=False))
    nonce = int.from_bytes(vector, "big") ^ int.from_bytes(number, "big")
    body = packet.data[packet.number_at + size : packet.end - _TAG]
    blocks = -(-len(body) // 16)
    counters = b"".join(nonce.to_bytes(12, "big") + struct.pack("!I", 2 + block) for block in range(blocks))
    stream = aes(key, np.frombuffer(counters, np.uint8).reshape(blocks, 16)).reshape(-1)[: len(body)]
    return (stream ^ np.frombuffer(body, np.uint8)).tobytes()


@lru_cache(maxsize=256)
def _keys(version: _Version, connection: bytes) -> tuple[bytes, bytes, bytes]:
    """Derive key, vector and header key of the client (RFC 9001, section 5)."""
    initial = hmac.digest(version.salt, connection, "sha256")
    secret = _expand(initial, b"client in", 32)
    return (
        _expand(secret, version.prefix + b" key", 16),
        _expand(secret, version.prefix + b" iv", 12),
        _expand(secret, version.prefix + b" hp", 16),
    )


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """Expand a secret by a label (RFC 8446, section 7.1); one block of SHA-256 is enough."""
    name = b"tls13 " + label
    about = struct.pack("!HB", size, len(name)) + name + b"\0"
    return hmac.digest(secret, about + b"\1", hashlib.sha256)[:size]


def _crypto(payload: bytes) -> dict[int, bytes]:
    """Give the CRYPTO frames of a packet by their offset; reading ends at a frame of another kind."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(payload):
        kind, at = payload[at], at + 1
        if kind in (_PADDING, _PING):
            continue
        if kind in (_ACK, _ACK_ECN):
            at = _after_ack(payload, at, kind)
        elif kind == _CRYPTO:
            offset, at = _varint(payload, at)
            size, at = _varint(payload, at)
            found[offset] = take(payload, at, size)
            at += size
        else:
            break
    return found


def _after_ack(payload: bytes, at: int, kind: int) -> int:
    _, at = _varint(payload, at)
    _, at = _varint(payload, at)
    ranges, at = _varint(payload, at)
    for _ in range(min(2 * ranges + 1 + (3 if kind == _ACK_ECN else 0), len(payload))):
        _, at = _varint(payload, at)
    return at


def _joined(parts: dict[int, bytes]) -> bytes:
    whole = bytearray()
    for offset in sorted(parts):
        if offset > len(whole) or len(whole) > _MOST_HELLO:
            break
        whole += parts[offset][len(whole) - offset :]
    return bytes(whole)


def aes(key: bytes, blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encrypt blocks of sixteen bytes with AES-128 (FIPS 197), all at once.

    >>> key, block = bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")
    >>> aes(key, np.frombuffer(block, np.uint8).reshape(1, 16)).tobytes().hex()
    '69c4e0d86a7b0430d8cdb78070b4c55a'
    """
    substitutes, doubled, shifted = _tables()
    rounds = _round_keys(key)
    state: NDArray[np.uint8] = blocks ^ rounds[0]
    for number in range(1, 10):
        state = substitutes[state][:, shifted].reshape(-1, 4, 4)
        twice = doubled[state]
        mixed = twice ^ np.roll(twice ^ state, -1, axis=2) ^ np.roll(state, -2, axis=2) ^ np.roll(state, -3, axis=2)
        state = mixed.reshape(-1, 16) ^ rounds[number]
    last: NDArray[np.uint8] = substitutes[state][:, shifted] ^ rounds[10]
    return last


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
    """Make the substitution box, the doubling in the field, and the order after the shift of rows (FIPS 197, 5.1)."""
    doubled = [(value << 1) ^ (0x11B if value & 0x80 else 0) for value in range(256)]
    box = [0] * 256
    power = inverse = 1
    while True:
        # `power` runs through the field by threes, `inverse` by their inverses.
        power ^= doubled[power]
        for shift in (1, 2, 4):
            inverse ^= inverse << shift & 0xFF
        inverse ^= 0x09 if inverse & 0x80 else 0
        turned = inverse | inverse << 8
        box[power] = (inverse ^ turned >> 7 ^ turned >> 6 ^ turned >> 5 ^ turned >> 4) & 0xFF ^ 0x63
        if power == 1:
            break
    box[0] = 0x63
    shifted = np.array([(place + 4 * (place % 4)) % 16 for place in range(16)], np.int64)
    return np.array(box, np.uint8), np.array(doubled, np.uint8), shifted


@lru_cache(maxsize=512)
def _round_keys(key: bytes) -> NDArray[np.uint8]:
    substitutes = _tables()[0]
    words = [key[place : place + 4] for place in range(0, 16, 4)]
    constant = 1
    for number in range(4, 44):
        word = words[-1]
        if number % 4 == 0:
            word = bytes(int(substitutes[byte]) for byte in word[1:] + word[:1])
            word = bytes((word[0] ^ constant, *word[1:]))
            constant = (constant << 1) ^ (0x11B if constant & 0x80 else 0)
        words.append(bytes(one ^ two for one, two in zip(word, words[-4], strict=True)))
    return np.frombuffer(b"".join(words), np.uint8).reshape(11, 16)
