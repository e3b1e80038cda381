#!/usr/bin/env python3
"""The exporter over many scrapes: is its memory flat?

    bazel run -c opt //tests/bench:scrapes [-- --scrapes 10000 --processes 500 --json]

`memstat serve` runs under glassheap and is asked again and again, while short-lived processes under glassheap come and
go beside it: --processes of them in all, spread over the scrapes. Prints its RSS and its own live bytes along the way,
what a scrape cost, and how much RSS grew after the first tenth.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import time

SHORT = ["sh", "-c", "true"]


class Exporter:
    def __init__(self, memstat, library):
        environment = {**os.environ, "LD_PRELOAD": library}
        self.process = subprocess.Popen([memstat, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                                        env=environment)
        self.address = re.search(r"http://([^/]+)/", self.process.stdout.readline())[1]
        self.connection = http.client.HTTPConnection(self.address, timeout=60)

    def ask(self):
        self.connection.request("GET", "/metrics")
        return self.connection.getresponse()

    def scrape(self):
        try:
            answer = self.ask()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The server drops a connection that was idle for half a second, as this one is when the machine is busy.
            if self.process.poll() is not None:
                raise SystemExit(f"the exporter ended with {self.process.returncode}") from None
            self.connection.close()
            answer = self.ask()
        text = answer.read().decode()
        if answer.status != 200 or not text.startswith("# HELP"):
            raise SystemExit(f"scrape failed: {answer.status}")
        return text

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024

    def live(self, text):
        found = re.search(rf'heap_tier_bytes\{{pid="{self.process.pid}",[^}}]*tier="live_bytes"\}} (\S+)', text)
        return int(float(found[1]))

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        return self.process.wait()


def print_row(row):
    print(f'{row["scrapes"]:7} scrapes   RSS {row["rss"] / 2**20:6.2f} MiB   live {row["live_bytes"] / 2**20:6.2f} MiB',
          flush=True)


def run(options):
    exporter = Exporter(options.memstat, options.library)
    environment = {**os.environ, "LD_PRELOAD": options.library}
    rows, running, started = [], [], 0
    begin = time.monotonic()
    for scrape in range(1, options.scrapes + 1):
        while started * options.scrapes < options.processes * scrape:
            running.append(subprocess.Popen(SHORT, env=environment))
            started += 1
        text = exporter.scrape()
        running = [process for process in running if process.poll() is None]
        if scrape % max(options.scrapes // 10, 1) == 0:
            rows.append({"scrapes": scrape, "rss": exporter.rss(), "live_bytes": exporter.live(text)})
            if not options.json:
                print_row(rows[-1])
    cpu = exporter.cpu_seconds()
    for process in running:
        process.wait()
    return {"schema": "glassheap.scrapes/1", "scrapes": options.scrapes, "processes": started, "rows": rows,
            "wall_seconds": time.monotonic() - begin, "cpu_seconds_per_scrape": cpu / options.scrapes,
            "rss_growth": rows[-1]["rss"] - rows[0]["rss"], "exit_status": exporter.stop()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrapes", type=int, default=10000)
    parser.add_argument("--processes", type=int, default=500)
    parser.add_argument("--memstat", default=os.path.abspath("tools/memstat"))
    parser.add_argument("--library", default=os.path.abspath("allocator/libglassheap.so"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(result))
        return
    print(f'{result["processes"]} processes came and went; RSS grew by {result["rss_growth"] / 2**10:.0f} KiB after the '
          f'first tenth; {result["cpu_seconds_per_scrape"] * 1e3:.2f} ms of CPU a scrape')


if __name__ == "__main__":
    main()
