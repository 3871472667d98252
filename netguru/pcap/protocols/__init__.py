"""Protocol tables: small hand parsers over the packets that the columns select, one module a protocol family."""

from netguru.pcap.protocols.base import Column, Protocol, find, protocols
from netguru.pcap.protocols.table import schema, table

__all__ = ["Column", "Protocol", "find", "protocols", "schema", "table"]
