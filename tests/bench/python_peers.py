"""Python libraries that read captures, each in the way its manual shows; prints what it counted."""

from __future__ import annotations

import sys
from pathlib import Path


def nfstream(file: str) -> str:
    """Count flows: one meter process, no inspection of payload, no statistics."""
    from nfstream import NFStreamer

    flows = packets = 0
    for flow in NFStreamer(source=file, n_dissections=0, statistical_analysis=False, n_meters=1):
        flows += 1
        packets += flow.bidirectional_packets
    return f"flow_packets {packets} flows {flows}"


def dpkt(file: str) -> str:
    """Make objects of all layers down to TCP or UDP."""
    import dpkt as library

    packets = octets = 0
    with Path(file).open("rb") as stream:
        for _, data in library.pcap.Reader(stream):
            packets += 1
            octets += len(data)
            try:
                library.ethernet.Ethernet(data)
            except (library.UnpackError, ValueError, IndexError, TypeError, AttributeError):
                continue
    return f"packets {packets} bytes {octets}"


def scapy(file: str) -> str:
    """Make objects of all layers."""
    from scapy.all import PcapReader

    packets = 0
    with PcapReader(file) as reader:
        for _ in reader:
            packets += 1
    return f"packets {packets}"


if __name__ == "__main__":
    sys.stdout.write({"nfstream": nfstream, "dpkt": dpkt, "scapy": scapy}[sys.argv[1]](sys.argv[2]) + "\n")
