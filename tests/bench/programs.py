"""The real programs: a row each, with inputs made on the fly."""

import os
import random
import signal
import statistics
import subprocess
import time

from rows import Failed, execute, parse_figures


class Program:
    """A program to run under each allocator.

    prepare(directory, scale) writes its input there; run(row, environment)
    returns figures and output; by default it runs `command` in the directory.
    """

    def __init__(self, name, package, models, command, prepare, needs=None,
                 environment=None, own_allocator=False, run=None):
        self.name, self.package, self.models = name, package, models
        self.command, self.prepare = command, prepare
        self.needs = ([os.path.basename(command[0])] if needs is None
                      else needs)
        self.environment = environment
        # Linked with an allocator of its own: glibc must be preloaded too.
        self.own_allocator = own_allocator
        self.run = run or (
            lambda row, env: row.launch(row.program.command, env))


def writes(file, text):
    """A prepare that writes `text`, with COUNT(n) scaled, to `file`."""

    def prepare(directory, scale):
        scaled = text
        while "COUNT(" in scaled:
            before, rest = scaled.split("COUNT(", 1)
            number, after = rest.split(")", 1)
            scaled = f"{before}{max(1, int(int(number) * scale))}{after}"
        with open(os.path.join(directory, file), "w",
                  encoding="ascii") as out:
            out.write(scaled)

    return prepare


PYTHON = """
import json
class Node:
    def __init__(self, key):
        self.key, self.next, self.tags = key, None, [key, str(key)]
table = {}
for i in range(COUNT(60000)):
    table[f"key{i * 7919 % 100003}"] = Node(i)
text = json.dumps([{"k": k, "v": n.tags, "f": n.key / 3}
                   for k, n in table.items()])
items = json.loads(text)
items.sort(key=lambda item: (item["v"][1][::-1], item["k"]))
words = {}
for item in items * 2:
    for word in (item["k"] + " " + item["v"][1] * 3).split():
        words[word] = words.get(word, 0) + len(word)
chunks = [bytes(i % 251 for i in range(n)) for n in range(0, 20000, 40)]
print(len(text), len(words), sum(map(len, chunks)), items[7]["k"])
"""

LUA = """
local function tree(depth)
  if depth == 0 then return {} end
  return {tree(depth - 1), tree(depth - 1)}
end
local function count(t) return t[1] and 1 + count(t[1]) + count(t[2]) or 1 end
local sum = 0
for i = 1, COUNT(10) do sum = sum + count(tree(14)) end
local words, seen = {}, {}
for i = 1, COUNT(200000) do
  local w = ("w" .. i * 7919 % 50021):rep(i % 5 + 1)
  seen[w] = (seen[w] or 0) + 1
  words[#words + 1] = w
end
table.sort(words)
print(sum, #table.concat(words, " "), words[77])
"""

SQL = """
PRAGMA journal_mode=OFF;
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, value REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n
                        WHERE i < COUNT(200000))
INSERT INTO t SELECT i, 'name' || (i * 7919 % 100003), i * 0.5 FROM n;
CREATE INDEX by_name ON t(name);
SELECT count(*), sum(value) FROM t WHERE name LIKE 'name1%';
SELECT substr(name, 5, 2) AS p, count(*), avg(value), group_concat(id % 10)
  FROM t GROUP BY p ORDER BY 2 DESC LIMIT 3;
UPDATE t SET name = name || id WHERE id % 3 = 0;
DELETE FROM t WHERE id % 5 = 0;
SELECT count(DISTINCT name) FROM t;
SELECT a.name FROM t a JOIN t b ON a.name = b.name AND a.id < b.id
  ORDER BY a.name LIMIT 3;
"""

CPLUSPLUS = """
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>
template <int N> struct Row {
  std::map<int, std::vector<std::string>> cells;
  std::variant<int, std::string, std::vector<int>> kind;
  void Add(int i) {
    cells[i % N].push_back(std::to_string(i));
    std::sort(cells[0].begin(), cells[0].end());
  }
};
template <int N> int Fill() {
  Row<N> row;
  for (int i = 0; i < 100; ++i) row.Add(i);
  return int(row.cells.size()) + (N ? Fill<(N ? N - 1 : 0)>() : 0);
}
int Use(const std::string& text) {
  return int(text.size()) + Fill<COUNT(8)>();
}
"""

RUBY = """
Item = Struct.new(:name, :tags, :price)
items = (1..COUNT(60000)).map do |i|
  Item.new("item#{i * 7919 % 100003}", ["t#{i % 17}", "u#{i % 5}"], i * 0.25)
end
groups = items.group_by { |i| i.tags[0] }
text = items.map { |i| "#{i.name},#{i.tags.join('|')},#{i.price}" }.join("\\n")
rows = text.lines.map { |l| l.chomp.split(",") }
rows.sort_by! { |r| [r[1], r[0]] }
h = Hash.new(0)
rows.each { |r| h[r[0].sub(/\\d\\d$/, "")] += r[2].to_f }
puts groups.size, text.size, rows[99].inspect, h.size, h.values.max
"""

POSTSCRIPT = """%!PS
/Times-Roman findfont 9 scalefont setfont
1 1 COUNT(6) {
  pop
  40 12 780 {
    40 exch moveto 1 1 12 { (The quick brown ) show 3 string cvs show } for
  } for
  1 1 900 { /i exch def
    newpath i 7 mul 500 mod 40 add i 13 mul 700 mod 40 add
    i 20 mod 3 add 0 360 arc
    i 10 mod 10 div 0.3 0.6 setrgbcolor i 2 mod 0 eq {fill} {stroke} ifelse
  } for
  showpage
} for
"""


def prepare_z3(directory, scale):
    """Five colours for a random graph, as bit vectors."""
    source = random.Random(1)
    nodes = int(2000 * scale) + 20
    lines = []
    for node in range(nodes):
        lines.append(f"(declare-const n{node} (_ BitVec 3))")
        lines.append(f"(assert (bvult n{node} #b101))")
    for node in range(nodes):
        for other in source.sample(range(nodes), 4):
            if node != other:
                lines.append(f"(assert (distinct n{node} n{other}))")
    lines.append("(check-sat)")
    with open(os.path.join(directory, "in.smt2"), "w",
              encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


def run_redis(row, environment):
    """The server under the allocator, the client without; the client's time."""
    socket = os.path.join(row.directory, "socket")
    cost = os.path.join(row.directory, "cost")
    server = subprocess.Popen(
        [row.tools.launch, cost, "--", "redis-server", "--port", "0",
         "--unixsocket", socket, "--save", "", "--appendonly", "no"],
        env=environment, cwd=row.directory, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)
    try:
        seconds = drive_redis(server, socket, row.scale)
        redis_cli(socket, "shutdown", "nosave")
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        raise Failed("redis-server did not answer in time") from None
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
    figures = row.read_cost()
    figures["seconds"] = seconds
    return figures, b""


def redis_cli(socket, *words):
    return subprocess.run(["redis-cli", "-s", socket, *words], check=False,
                          capture_output=True, timeout=20).stdout


def drive_redis(server, socket, scale):
    """Waits for the server, then measures the client."""
    deadline = time.monotonic() + 20
    while redis_cli(socket, "ping").strip() != b"PONG":
        if server.poll() is not None or time.monotonic() > deadline:
            raise Failed("redis-server did not start")
        time.sleep(0.02)
    started = time.monotonic()
    subprocess.run(
        ["redis-benchmark", "-s", socket, "-q", "-P", "16", "-d", "100",
         "-r", "50000", "-n", str(int(150000 * scale)),
         "-t", "set,get,lpush,hset"],
        check=True, capture_output=True, timeout=120)
    return time.monotonic() - started


def run_hello(row, environment):
    """How much of libc the kernel maps at a fault differs from run to run, so
    many runs, of which the median. No time: it would be the dynamic linker's."""
    outputs = [execute([row.tools.hello], environment, row.directory)
               for _ in range(HELLO_RUNS)]
    return {"peak_rss_kb": statistics.median(
        parse_figures(output)["peak_rss_kb"] for output in outputs)}, b""


def nothing(_directory, _scale):
    pass


HELLO_RUNS = 25

PROGRAMS = [
    Program("hello", "coreutils", "the least C program: its memory only",
            ["hello"], nothing, needs=[], run=run_hello),
    Program("python3_malloc", "python3", "objects, JSON, sorting; all malloc",
            ["/usr/bin/python3", "-S", "in.py"], writes("in.py", PYTHON),
            environment={"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}),
    Program("python3", "python3", "the same on Python's own small objects",
            ["/usr/bin/python3", "-S", "in.py"], writes("in.py", PYTHON),
            environment={"PYTHONHASHSEED": "0"}),
    Program("lua5.4", "lua5.4", "trees, strings, sorting",
            ["lua5.4", "in.lua"], writes("in.lua", LUA)),
    Program("sqlite3", "sqlite3", "a database in memory: load, index, query",
            ["sqlite3", "-init", "in.sql", ":memory:", ".quit"],
            writes("in.sql", SQL)),
    Program("g++", "g++", "one file with a dozen standard headers, -O2",
            ["g++", "-std=c++17", "-O2", "-c", "-o", "out.o", "in.cc"],
            writes("in.cc", CPLUSPLUS)),
    Program("redis", "redis-server", "a server under redis-benchmark",
            ["redis-server"], nothing, run=run_redis, own_allocator=True,
            needs=["redis-server", "redis-benchmark", "redis-cli"]),
    Program("z3", "z3", "colouring a graph: a satisfiability problem",
            ["z3", "in.smt2"], prepare_z3),
    Program("ruby", "ruby", "objects, strings, hashes, garbage collection",
            ["ruby", "--disable=gems", "in.rb"], writes("in.rb", RUBY)),
    Program("gs", "ghostscript", "pages of text and circles, rasterised",
            ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=png16m", "-r100",
             "-sOutputFile=/dev/null", "in.ps"],
            writes("in.ps", POSTSCRIPT)),
]
