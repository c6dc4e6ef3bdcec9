#!/bin/sh
# npm run fuzz -- TARGET [--seconds N]: any bytes to one of the targets in tests/src/fuzz, for a minute unless N says otherwise.
# libFuzzer leads, by the code that an input reaches, where there is a compiler for C++; elsewhere changes are blind.
# What does not hold is left in build/fuzz; `FILE` in place of `--seconds N` tries that one input.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_rust
target=${1:-} seconds=60 file=
case ${2:-} in
--seconds) seconds=${3:-60} ;;
*) file=${2:-} ;;
esac
if [ -z "$target" ] || ! [ -f "tests/corpus/$target.txt" ] || ! have c++; then
  exec cargo run -q -p airlock-tests --bin fuzz --profile simulate -- "$target" "$seconds"
fi

# As cargo-fuzz has it, without the sanitizer of addresses: that takes a nightly compiler, and there is no unsafe code here.
coverage='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks'
host=$(rustc -vV | sed -n 's/^host: //p')
found=build/fuzz/$target
mkdir -p "$found/corpus"
# The inputs to begin with, a file each.
awk -v to="$found/corpus/" '$0 == "====" { file++; lines = 0; next } { printf "%s%s", lines++ ? "\n" : "", $0 > (to "begin" file + 0) }' \
  "tests/corpus/$target.txt"
# With --target the flags are not for what only builds.
RUSTFLAGS=$(echo $coverage) CARGO_PROFILE_SIMULATE_CODEGEN_UNITS=16 CARGO_TARGET_DIR=target/fuzz \
  cargo build -q -p airlock-tests --bin fuzz --features libfuzzer --profile simulate --target "$host"
export FUZZ_TARGET="$target"
set -- -artifact_prefix="$found/" -max_len=4096 -timeout=20 -close_fd_mask=1
if [ "$file" ]; then exec "target/fuzz/$host/simulate/fuzz" "$@" "$file"; fi
exec "target/fuzz/$host/simulate/fuzz" "$@" -max_total_time="$seconds" -print_final_stats=1 "$found/corpus"
