#!/usr/bin/env bash
# Random operations on a whole allocator in a process (tests/allocator/front/random_ops_test.cc), for hours: 10,000,000 in 8
# threads from each seed, and from the next one until the CPU time is used up.
#
#   tests/fuzz/random_ops.sh default|hardened FIRST_SEED [HOURS]     of CPU time, 1 unless given
#
# Ends at the first run that fails, with its seed; else, and when it is interrupted, the last line says how many there were.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
case "${1-}" in
  default) name=random_ops_test ;;
  hardened) name=hardened_random_ops_test ;;
  *)
    sed -n '5p' "$0" >&2
    exit 2
    ;;
esac
first=${2:?the first seed}
limit=$(awk -v hours="${3:-1}" 'BEGIN { printf "%d", hours * 3600 }')
each=10000000

# A copy of its own: the build may change while this runs.
program=$(mktemp)
trap 'rm -f "$program" "$program.log"' EXIT
(cd "$root" && bazel build -c opt --noshow_progress "//tests/allocator/front:$name" >&2 && cat "bazel-bin/tests/allocator/front/$name" >"$program")
chmod +x "$program"

# Seconds of CPU time of what has been waited for: cutime and cstime of proc(5).
spent() { awk -v hertz="$(getconf CLK_TCK)" '{ printf "%d", ($16 + $17) / hertz }' "/proc/$$/stat"; }

seed=$first
report() {
  echo "random_ops: $1: seeds $first to $((seed - 1)), $(((seed - first) * each)) operations, $(spent) s of CPU time, without a finding"
}
trap 'report "$1"; exit 0' INT TERM
while (($(spent) < limit)); do
  if ! GLASSHEAP_TEST_SEED=$seed GLASSHEAP_TEST_OPERATIONS=$each "$program" >"$program.log" 2>&1; then
    tail -20 "$program.log" >&2
    echo "random_ops: $1: seed $seed failed" >&2
    exit 1
  fi
  seed=$((seed + 1))
done
report "$1"
