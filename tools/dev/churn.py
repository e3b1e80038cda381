#!/usr/bin/env python3
"""A program with a busy heap: four threads and a few hundred MB of churn.

    churn.py [SECONDS]

Python keeps blocks of up to 512 bytes to itself, so the work here is in larger
ones: documents that are built, encoded, compressed and dropped, over a cache
that lives long and fragments. It leaves the choice of malloc to the caller.
"""

import hashlib
import json
import random
import sys
import threading
import time
import zlib

THREADS = 4
CACHE_BYTES = 64 << 20  # held by each thread at most
DEFAULT_SECONDS = 12.0


def make_document(rng):
    """A record of some hundred fields, from a few KB to about 200 KB."""
    rows = rng.choice((20, 40, 80, 160, 400))
    return {
        f"row{i}": {
            "name": "n" * rng.randrange(8, 600),
            "values": [rng.randrange(1 << 30) for _ in range(8)],
        }
        for i in range(rows)
    }


def make_blob(rng):
    """A buffer that grows by appending, so that it is reallocated often."""
    blob = bytearray()
    target = int(2 ** rng.uniform(10, 22))
    chunk = rng.randbytes(min(target, 16 << 10))
    while len(blob) < target:
        blob += chunk
    return blob


class Worker(threading.Thread):
    """Fills a cache of blobs to its limit, evicting at random."""

    def __init__(self, seed, deadline):
        super().__init__(name=f"churn-{seed}")
        self.rng = random.Random(seed)
        self.deadline = deadline
        self.cache = {}
        self.cached_bytes = 0
        self.churned_bytes = 0
        self.rounds = 0
        self.digest = hashlib.sha256()

    def run(self):
        while time.monotonic() < self.deadline:
            self.round()
            self.rounds += 1

    def round(self):
        text = json.dumps(make_document(self.rng))
        packed = zlib.compress(text.encode(), 1)
        document = json.loads(zlib.decompress(packed))
        self.digest.update(packed)
        self.keep(bytearray(packed))
        for _ in range(8):
            self.keep(make_blob(self.rng))
        self.churned_bytes += 3 * len(text) + len(document)

    def keep(self, blob):
        self.churned_bytes += len(blob)
        self.cached_bytes += len(blob)
        self.cache[self.rng.random()] = blob
        while self.cached_bytes > CACHE_BYTES:
            key = self.rng.choice(list(self.cache))
            self.cached_bytes -= len(self.cache.pop(key))


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SECONDS
    started = time.monotonic()
    workers = [Worker(seed, started + seconds) for seed in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    churned = sum(worker.churned_bytes for worker in workers)
    cached = sum(worker.cached_bytes for worker in workers)
    rounds = sum(worker.rounds for worker in workers)
    print(f"churn: {rounds} rounds, {churned >> 20} MiB allocated, "
          f"{cached >> 20} MiB held, {THREADS} threads, "
          f"{time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
