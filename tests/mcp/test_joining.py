"""The functions for the MCP server of a Jupyter server: what reads, with its parameters, about one folder."""

from __future__ import annotations

import asyncio
import inspect
from typing import get_type_hints

import pytest

from netguru.errors import InputError
from netguru.mcp_server import joining
from netguru.operations.operation import operations

CONFIG = """version 15.2
hostname r1
!
interface GigabitEthernet0/1
 mtu 1400
 ip address 10.0.0.1 255.255.255.0
!
router ospf 1
 network 10.0.0.0 0.0.0.255 area 0
!
snmp-server community s3cr3tword RO
!
end
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "r1.cfg").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    joining._offer.cache_clear()
    yield tmp_path
    joining._offer.cache_clear()


def call(name, **stated):
    return asyncio.run(getattr(joining, name)(**stated))


def test_every_name_is_a_function_of_what_reads():
    for spec in joining.tools():
        module, _, name = spec.partition(":")
        assert module == "netguru.mcp_server.joining"
        function = getattr(joining, name)
        item = operations[joining._offer().tools[name.removeprefix("netguru_")].name]
        assert item.effect_of({}) == "read"
        assert inspect.iscoroutinefunction(function)
        assert function.__name__ == name
        assert function.__doc__.startswith(item.summary)
        stated = inspect.signature(function).parameters
        assert [*stated] == [one.name for one in item.parameters if not one.output]
        assert {*get_type_hints(function)} == {*stated, "return"}


def test_there_is_no_other_name():
    for name in ("netguru_pcap_repair", "netguru_nothing", "pcap_summary"):
        with pytest.raises(AttributeError):
            getattr(joining, name)


@pytest.mark.usefixtures("folder")
def test_a_result_is_fenced_and_without_secrets():
    told = call("netguru_config_parse", file="r1.cfg")
    assert "1400" in told
    assert "s3cr3tword" not in told
    assert told.startswith("Data from files")


@pytest.mark.usefixtures("folder")
def test_what_lies_outside_is_refused_in_one_line():
    with pytest.raises(InputError, match="error:") as caught:
        call("netguru_config_parse", file="/etc/passwd")
    assert "root:" not in str(caught.value)
