"""The models of a provider, asked through the real clients."""

from __future__ import annotations

import asyncio

import pytest
from servers import Server, Step

from netguru.errors import KeyMissingError, ServiceDownError
from netguru.llm.listing import listed
from netguru.settings import Secret


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_models_are_listed_with_the_users_key(wire):
    with Server(wire, [Step()]) as server:
        names = asyncio.run(listed(wire, url=server.url, key=Secret("sk-own")))
    assert names == ("large", "small")
    assert "sk-own" in str(server.headers)


def test_a_server_that_is_not_there_is_one_error():
    with pytest.raises(ServiceDownError):
        asyncio.run(listed("openai", url="http://127.0.0.1:9/v1", key=Secret("x")))


def test_the_providers_own_server_needs_a_key():
    with pytest.raises(KeyMissingError):
        asyncio.run(listed("anthropic"))
