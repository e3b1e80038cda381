#!/usr/bin/env python3
"""Real programs' own tests and loads under an allocator, against the same
under the C library's malloc. Prints a Markdown table; fails when a row fails
that passes without us.

    bazel run -c opt //tests/soak
    bazel run -c opt //tests/soak -- --seconds 600 --only 'stress*,redis'

Debian packages: git gcc libpython3.11-testsuite make nodejs npm perl postgresql
redis sqlite3 stress-ng xz-utils. What is not installed is `absent`.
"""

import argparse
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAMS = {}


def row(*needs):
    """A row of the table: a bash script. $SECONDS_EACH, $WORK and a free port
    $PORT are set; `under CMD` runs CMD with the allocator preloaded."""
    def add(function):
        PROGRAMS[function.__name__] = (needs, function.__doc__, function())
        return function
    return add


@row("/usr/bin/python3")
def cpython():
    """CPython's tests that allocate most (as far as installed)"""
    return r"""
    tests=$(/usr/bin/python3 -c "import importlib.util as u, sys
print(*[t for t in sys.argv[1:] if u.find_spec('test') and u.find_spec('test.' + t)])" test_dict test_list test_set \
      test_bytes test_deque test_json test_re test_threading test_gc test_memoryview test_array test_fork1)
    [ -n "$tests" ] || exit 77
    PYTHONMALLOC=malloc under /usr/bin/python3 -m test -q $tests"""


@row("perl")
def perl():
    """strings, hashes, sorts, regular expressions, forks"""
    return r"""
    end=$((SECONDS + SECONDS_EACH))
    while [ $SECONDS -lt $end ]; do
      under perl -e 'my %h; $h{$_ % 5000} .= "x" x ($_ % 97) for 1..300000; my $n = 0; $n += length for values %h;
        die $n unless $n == 14399278; my @s = sort map { $_ * 7919 % 100003 } 1..100000; die unless @s == 100000;
        for (1..50) { my $p = fork // die; exit !(("a" x 1000) =~ /^a+$/) unless $p; waitpid $p, 0; die $? if $?; }' || exit 1
    done"""


@row("git")
def git():
    """import of 300 commits, gc, clone, fsck, grep, blame"""
    return r"""
    export HOME=$WORK GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
    under git init -q r && cd r
    for i in $(seq 300); do seq $i $((i + 300)) > f$((i % 40)); under git add -A && under git commit -qm "$i" || exit 1; done
    under git gc -q --aggressive && under git clone -q . ../c && cd ../c && under git fsck --strict &&
      under git grep -q 333 && under git blame f7 | grep -q 300 && under git log -p | wc -l"""


@row("redis-server", "redis-benchmark")
def redis():
    """mixed load with BGSAVE, BGREWRITEAOF and a restart that must bring all keys back"""
    return r"""
    serve() { under redis-server --port $PORT --dir $WORK --save "" --appendonly yes --daemonize no >server.log 2>&1 & server=$!
      for _ in $(seq 200); do redis-cli -p $PORT ping 2>/dev/null | grep -q PONG && return; sleep 0.1; done; exit 1; }
    serve; end=$((SECONDS + SECONDS_EACH))
    while [ $SECONDS -lt $end ]; do
      redis-cli -p $PORT bgsave >/dev/null
      redis-benchmark -p $PORT -q -n 20000 -r 50000 -d 200 -t set,get,lpush,lpop,sadd,hset,zadd,mset >/dev/null || exit 1
      redis-cli -p $PORT bgrewriteaof >/dev/null
    done
    before=$(redis-cli -p $PORT dbsize); redis-cli -p $PORT debug digest > digest
    redis-cli -p $PORT shutdown save; wait $server || exit 1
    serve; [ "$before" = "$(redis-cli -p $PORT dbsize)" ] || exit 1
    redis-cli -p $PORT debug digest | cmp - digest || exit 1
    redis-cli -p $PORT shutdown nosave; wait $server"""


@row("sqlite3")
def sqlite():
    """inserts, indexes, joins, vacuum, integrity check"""
    return r"""
    under sqlite3 t.db "create table t(a integer primary key, b text, c blob);
      insert into t select value, hex(randomblob(value % 200)), zeroblob(value % 3000) from generate_series(1, 40000);
      create index i on t(b); delete from t where a % 3 = 0; vacuum; analyze;
      select count(*), sum(length(b)) from t join t u using (b); pragma integrity_check;" | grep -qx ok"""


@row("pgbench")
def postgresql():
    """initdb, pgbench with 8 clients, VACUUM, restart"""
    return r"""
    bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1); me=; [ $(id -u) = 0 ] && me="setpriv --reuid=postgres --regid=postgres --clear-groups"
    [ -n "$me" ] && chown postgres $WORK; export PGDATA=$WORK/data PGHOST=$WORK PGPORT=$PORT
    as() { $me env LD_PRELOAD="$PRELOAD" "$@"; }
    up() { as $bin/pg_ctl -w -s -l $WORK/log -o "-k $WORK -c listen_addresses=''" start; }
    as $bin/initdb -A trust >/dev/null && up || { cat $WORK/log; exit 1; }
    as $bin/createdb bench && as $bin/pgbench -q -i -s 5 bench 2>/dev/null && as $bin/pgbench -c 8 -j 2 -T $SECONDS_EACH bench >/dev/null &&
      as $bin/psql -q bench -c 'vacuum full analyze' && as $bin/pg_ctl -s -w restart -l $WORK/log -o "-k $WORK -c listen_addresses=''" </dev/null &&
      [ "$(as $bin/psql -Atq bench -c 'select count(*) from pgbench_accounts')" = 500000 ]; status=$?
    as $bin/pg_ctl -s -m fast stop; exit $status"""


@row("node")
def node():
    """buffers, JSON, worker threads, child processes"""
    return r"""
    cat > t.js <<'EOF'
    const {Worker, isMainThread} = require('worker_threads'); const {execFileSync} = require('child_process');
    function work() { let keep = []; for (let i = 0; i < 30000; i++) { keep.push(Buffer.alloc(i % 9000, 1)); if (keep.length > 500) keep = keep.slice(250);
      if (i % 300 == 0) JSON.parse(JSON.stringify(Object.fromEntries([...Array(500).keys()].map(k => [k, 'v'.repeat(k)])))); } }
    work();
    if (isMainThread) { for (let i = 0; i < 4; i++) new Worker(__filename); for (let i = 0; i < 10; i++) execFileSync('/bin/true'); }
EOF
    under node t.js"""


@row("npm")
def npm():
    """npm pack and install of a local package"""
    return r"""
    mkdir p q; cd p; echo '{"name":"p","version":"1.0.0"}' > package.json; head -c 300000 /dev/urandom | base64 > data
    HOME=$WORK under npm pack --offline --silent >/dev/null && cd ../q && echo '{"name":"q","version":"1.0.0"}' > package.json &&
      HOME=$WORK under npm install --offline --silent ../p/p-1.0.0.tgz && test -s node_modules/p/data"""


@row("gcc", "make")
def parallel_build():
    """make -j4 of 60 C++ files, twice, byte for byte the same"""
    return r"""
    for i in $(seq 60); do printf '#include <map>\n#include <string>\n#include <vector>\nstd::map<std::string, std::vector<int>> m%d;\nint f%d(int i) { return m%d["x"].at(i); }\n' $i $i $i > f$i.cc; done
    printf 'all: $(patsubst %%.cc,%%.o,$(wildcard *.cc))\n%%.o: %%.cc\n\tg++ -O1 -c $< -o $@\n' > Makefile
    under make -s -j4 && md5sum *.o > sums && rm *.o && under make -s -j4 && md5sum --quiet -c sums"""


def stress(arguments):
    return f"under stress-ng {arguments} --timeout ${{SECONDS_EACH}}s --metrics-brief --verify 2>&1 | tee log; " \
           "! grep -qiE 'fail:|terminated on signal|glassheap:' log"


@row("stress-ng")
def stress_malloc():
    """stress-ng --malloc 2"""
    return stress("--malloc 2 --malloc-bytes 1M --malloc-max 8192")


@row("stress-ng")
def stress_fork():
    """stress-ng --fork 2 --vfork 1"""
    return stress("--fork 2 --vfork 1")


@row("stress-ng")
def stress_threads():
    """stress-ng --pthread 2 --clone 1"""
    return stress("--pthread 2 --clone 1")


@row("stress-ng")
def stress_mmap():
    """stress-ng --mmap 1 --mremap 1 --brk 1"""
    return stress("--mmap 1 --mremap 1 --brk 1 --mmap-bytes 256M")


MALLOCS = {"glibc": None, "default": "libglassheap", "hardened": "libglassheap_hardened"}

PRELUDE = """under() { LD_PRELOAD="$PRELOAD" "$@"; }
cd "$WORK"
"""


def run_row(script, library, seconds, limit):
    """'pass', 'absent' or 'FAIL', and how long it took."""
    with tempfile.TemporaryDirectory(prefix="glassheap-soak-") as work:
        os.chmod(work, 0o755)
        environment = dict(os.environ, WORK=work, PRELOAD=library or "",
                           SECONDS_EACH=str(seconds), LC_ALL="C",
                           PORT=str(20000 + os.getpid() % 20000),
                           PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
        start = time.monotonic()
        child = subprocess.Popen(
            ["bash", "-c", PRELUDE + script], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output = child.communicate(timeout=limit)[0]
        except subprocess.TimeoutExpired:
            output = b"not done in time"
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
        took = time.monotonic() - start
    if child.returncode == 0:
        return "pass", took
    if child.returncode == 77:
        return "absent", took
    tail = output.decode(errors="replace").strip().splitlines()[-15:]
    print("\n".join("    " + line for line in tail), file=sys.stderr)
    return "FAIL", took


def runfile(path):
    for root in (os.getcwd(), os.path.abspath(sys.argv[0]) + ".runfiles/glassheap"):
        if os.path.exists(os.path.join(root, path)):
            return os.path.realpath(os.path.join(root, path))
    sys.exit(f"soak: {path}: not built; use `bazel run -c opt //tests/soak`")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=120,
                        help="of load, for rows that can be of any length (120)")
    parser.add_argument("--only", default="*", help="rows, as patterns with commas between")
    parser.add_argument("--under", default=",".join(MALLOCS),
                        help="which mallocs, with commas between (%(default)s)")
    arguments = parser.parse_args()
    asked = arguments.under.split(",")
    for name in asked:
        if name not in MALLOCS:
            parser.error(f"--under {name}: not one of {', '.join(MALLOCS)}")
    libraries = [(name, file and runfile(f"allocator/{file}.so")) for name, file in MALLOCS.items() if name in asked]
    print("| row | what | " + " | ".join(name for name, _ in libraries) + " |")
    print("| --- " * (2 + len(libraries)) + "|")
    failed = 0
    for name, (needs, what, script) in PROGRAMS.items():
        if not any(fnmatch.fnmatch(name, glob) for glob in arguments.only.split(",")):
            continue
        cells, outcomes = [], []
        for label, library in libraries:
            if all(shutil.which(need) for need in needs):
                print(f"soak: {name} under {label}", file=sys.stderr)
                outcome, took = run_row(script, library, arguments.seconds,
                                        arguments.seconds * 3 + 600)
                cells.append(f"{outcome}, {took:.0f} s")
            else:
                outcome = "absent"
                cells.append(outcome)
            outcomes.append(outcome)
        # What fails under the C library too, where that was asked, is not ours.
        theirs = outcomes[0] if libraries[0][0] == "glibc" else "pass"
        failed += theirs == "pass" and "FAIL" in outcomes
        print(f"| `{name}` | {what} | " + " | ".join(cells) + " |", flush=True)
    sys.exit(1 if failed else 0)


main()
