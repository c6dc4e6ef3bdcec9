#!/bin/sh
# Builds the named Workers (default: all) for wasm32; returns at once for those whose sources have not changed.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"

# fresh CRATE: its last build began after the last change to what it is built from.
fresh() {
  [ -e "$1/build/index.js" ] && [ -e "$1/build/.began" ] &&
    [ -z "$(find Cargo.toml Cargo.lock package-lock.json dev/build.sh dev/tools.sh .cargo core platform \
      "$1/Cargo.toml" "$1/Cargo.lock" "$1/src" -newer "$1/build/.began" 2>/dev/null | head -n 1)" ]
}

use_settings
[ $# -gt 0 ] || set -- worker admin jobs
ready=
for crate; do
  if fresh "$crate"; then continue; fi
  if [ -z "$ready" ]; then use_node; use_builder; ready=yes; fi
  say "Building the Worker $crate"
  mkdir -p "target/$crate"
  began=target/$crate/began.$$
  touch "$began"
  # A panic names the source it comes from: by its crate, not by the folder of whoever built it. And what is hashed with
  # SHA-2 is short: its loops need not be unrolled. (Flags are separated by the character 037, as folders may have spaces.)
  # Vectors of 128 bits, which the runtime has: smaller Wasm, and a password's hash moves its memory in larger pieces.
  flags=$(printf '%s\037%s\037%s' "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo" '--cfg=sha2_backend_soft="compact"' \
    -Ctarget-feature=+simd128)
  with_wasm env CARGO_ENCODED_RUSTFLAGS="$flags" worker-build "$crate" --release >&2
  # It keeps the names of functions, a tenth of what would be shipped; a panic says file and line without them.
  for wasm in "$crate"/build/*.wasm; do "$WASM_OPT_BIN" --strip-debug "$wasm" -o "$wasm"; done
  # What it says in each language stays out of the Wasm, which is compiled at each start, needed or not.
  texts=$(cargo run --quiet --package airlock --bin texts "$crate" "$crate/build")
  code=$(cat "$crate/build/index.js")
  printf '%s\n' "$texts" "$code" >"$crate/build/index.js"
  mv "$began" "$crate/build/.began"
done
