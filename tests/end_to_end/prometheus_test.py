#!/usr/bin/env python3
"""A fleet in small: `memstat serve`, Debian's Prometheus with our scrape.yml, and every expression of our dashboard.

Skipped with a reason where Prometheus is not installed. All ports are free ones of this machine.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

PACKAGE = pathlib.Path("tools/package/prometheus")
DEADLINE_SECONDS = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("prometheus") is None:
            raise unittest.SkipTest("prometheus is not installed (apt-get install prometheus)")
        cls.folder = tempfile.TemporaryDirectory()
        cls.processes = []
        memstat = os.path.abspath("tools/memstat")
        cls.target = cls.start([memstat, "run", "--report", "/dev/null", "--", "python3", "-c",
                                "x = [bytes(1000) for _ in range(20000)]; print('ready', flush=True);"
                                "import signal; signal.pause()"])
        assert cls.target.stdout.readline() == "ready\n"
        exporter = cls.start([memstat, "serve", "--listen", "127.0.0.1:0"])
        address = re.search(r"http://([^/]+)/", exporter.stdout.readline())[1]
        config = (PACKAGE / "scrape.yml").read_text().replace("127.0.0.1:9733", address)
        assert address in config, "scrape.yml names another port than memstat serve's"
        path = pathlib.Path(cls.folder.name, "prometheus.yml")
        path.write_text(config.replace("15s", "1s"))
        port = free_port()
        cls.start(["prometheus", f"--config.file={path}", f"--storage.tsdb.path={cls.folder.name}/data",
                   f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
        cls.url = f"http://127.0.0.1:{port}/api/v1/query?query="
        cls.instance = address
        # Rates need two samples.
        cls.wait_for("count_over_time(glassheap_heaps[1m]) >= 3")

    @classmethod
    def start(cls, command):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        cls.processes.append(process)
        return process

    @classmethod
    def tearDownClass(cls):
        for process in cls.processes:
            process.terminate()
            process.wait()
        cls.folder.cleanup()

    @classmethod
    def query(cls, expression):
        with urllib.request.urlopen(cls.url + urllib.parse.quote(expression), timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    @classmethod
    def wait_for(cls, expression):
        """Until it has a result; the server needs a second to start and another between two scrapes."""
        end = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < end:
            try:
                if result := cls.query(expression):
                    return result
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"no result within {DEADLINE_SECONDS} s: {expression}")

    def test_the_exporter_is_up(self):
        self.assertEqual(self.query("up")[0]["value"][1], "1")

    def test_the_heap_of_the_target(self):
        live = self.query('glassheap_heap_tier_bytes{tier="live_bytes",command="python3"}')
        self.assertTrue(any(float(row["value"][1]) > 20000 * 1000 for row in live), live)

    def test_every_expression_of_the_dashboard(self):
        dashboard = json.loads((PACKAGE / "dashboard.json").read_text())
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        self.assertGreater(len(expressions), 8)
        for expression in expressions:
            typed = expression.replace("$instance", ".*").replace("$command", ".*")
            self.assertTrue(self.query(typed), typed)

    def test_the_names_are_well_formed(self):
        for name in ("memory_size_bytes", "heap_mapped_bytes", "heap_class_live_bytes"):
            self.assertTrue(self.query("glassheap_" + name), name)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
