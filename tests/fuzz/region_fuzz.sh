#!/usr/bin/env bash
# Fuzzes the readers of stats regions and core dumps with clang's libFuzzer, under ASan and UBSan.
#
#   tests/fuzz/region_fuzz.sh [RUNS [LIBFUZZER_FLAG...]]     10,000,000 runs unless given
#   tests/fuzz/region_fuzz.sh 1 FILE                         one input again
#
# What it learns goes to ~/.cache/glassheap/fuzz/region, what it finds to the directory it is run from.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
runs=${1:-10000000}
(($# == 0)) || shift
work=${XDG_CACHE_HOME:-$HOME/.cache}/glassheap/fuzz
mkdir -p "$work/region" "$work/objects"
sources=(tests/fuzz/{region_fuzz,region_libfuzzer}.cc tests/support/{fake_region,fake_core}.cc
  tools/model/{address_space,fragmentation,heap,heap_map,heap_pages,heap_window,history,process_heap,resident}.cc
  tools/read/{core_file,mappings,page_scan,region_image,region_reader,remote_memory,root,span_table}.cc
  tools/view/{heap_text,history_text,json,json_history,json_resident,resident_text,sanitize,screen,table,units}.cc)
objects=()
for source in "${sources[@]}"; do
  object=$work/objects/${source//\//_}.o
  objects+=("$object")
  [[ $object -nt $root/$source && -z $(find "$root"/{allocator/abi,tests,tools} -name '*.h' -newer "$object" -print -quit) ]] &&
    continue
  # Without tracing of comparisons an execution takes half the time; inputs are changes of a good region anyway.
  clang++-14 -std=c++20 -O2 -g1 -fno-omit-frame-pointer -I "$root" -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-coverage=trace-cmp -fno-sanitize-recover=undefined -c "$root/$source" -o "$object"
done
clang++-14 -fsanitize=fuzzer,address,undefined "${objects[@]}" -o "$work/region_fuzz"
flags=("-max_len=256" "-len_control=0" "-entropic=0" "-print_final_stats=1")
((runs == 1)) || flags+=("-runs=$runs" "$work/region")
export ASAN_OPTIONS=${ASAN_OPTIONS-quarantine_size_mb=1:malloc_context_size=1}
exec "$work/region_fuzz" "${flags[@]}" "$@"
