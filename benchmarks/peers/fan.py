"""foxglove-sdk's server (Rust) sending one message to all its clients: the rival of the fan-out.

    benchmarks/.peers/bin/python benchmarks/peers/fan.py

Prints {"port"}. Each line of the standard input, "SECONDS RATE BYTES", is a run, answered by {"cpu_s", "ticks",
"grown_bytes"}. The payload holds its sending time at byte 24; the protocol puts 13 bytes before it.
"""

import json
import os
import struct
import sys
import time
from pathlib import Path

# It tells of every client that leaves.
os.environ.setdefault("FOXGLOVE_LOG_LEVEL", "off")
import foxglove


def resident_bytes():
    """Return what this process holds of the machine's memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    """Serve until the input ends."""
    server = foxglove.start_server(host="127.0.0.1", port=0)
    channel = foxglove.Channel("/pose", message_encoding="json")
    print(json.dumps({"port": server.port}), flush=True)
    for line in sys.stdin:
        seconds, rate_hz, payload_bytes = line.split()
        payload = bytearray(int(payload_bytes))
        memory, cpu_s, begun_s = resident_bytes(), time.process_time(), time.monotonic()
        next_s, step_s, ticks = begun_s, 1.0 / float(rate_hz), 0
        while next_s - begun_s < float(seconds):
            overtaken = int((time.monotonic() - next_s - step_s) / step_s)
            next_s += step_s * (1 + max(overtaken, 0))
            time.sleep(max(next_s - time.monotonic(), 0.0))
            struct.pack_into("<Q", payload, 24, time.monotonic_ns())
            channel.log(bytes(payload))
            ticks += 1
        told = {
            "cpu_s": time.process_time() - cpu_s,
            "ticks": ticks,
            "grown_bytes": resident_bytes() - memory,
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
