"""Serve a small language model on the loopback, by llama.cpp's OpenAI-compatible server, until standard input ends."""

from __future__ import annotations

import sys


def main() -> None:
    import xllamacpp

    chosen = xllamacpp.CommonParams()
    chosen.model.path = sys.argv[1]
    chosen.n_ctx = 8192
    chosen.n_parallel = 1
    chosen.port = 0
    chosen.warmup = False
    server = xllamacpp.Server(chosen)
    print(server.listening_address, flush=True)  # noqa: T201 - the test reads it
    sys.stdin.read()


if __name__ == "__main__":
    main()
