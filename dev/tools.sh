# shellcheck shell=sh
# Sourced by the other scripts here and by .ci/run: finds the tools the project needs and installs what is missing.
# Takes a fraction of a second when everything is there. What takes minutes is kept outside the clone, by version.
set -eu
cd "$(dirname "$0")/.."

NODE_VERSION=22.23.3 # used where the machine's own Node is older than wrangler accepts
WORKER_BUILD_VERSION=0.8.7
CARGO_DENY_VERSION=0.20.2
WASM=wasm32-unknown-unknown
CACHE=${AIRLOCK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/airlock}
# Keeps wrangler from asking, reporting and looking things up.
export CI="${CI:-1}" WRANGLER_SEND_METRICS=false WRANGLER_HIDE_BANNER=true CLOUDFLARE_CF_FETCH_ENABLED=false

say() { printf '\n==> %s\n' "$*" >&2; }
die() { printf '\nairlock: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# locked NAME COMMAND...: one run at a time on this machine.
locked() {
  lock=$CACHE/$1.lock; shift
  mkdir -p "$CACHE"
  (
    if have flock; then flock 9; fi
    "$@"
  ) 9>"$lock"
}

# once NAME COMMAND...: COMMAND makes $new, which then becomes CACHE/NAME/done: an interrupted run never counts as done.
once() {
  folder=$CACHE/$1 new=$CACHE/$1/new
  if [ ! -e "$folder/done" ]; then locked "$1" make_done "$@"; fi
}

make_done() {
  shift
  if [ -e "$folder/done" ]; then return; fi
  mkdir -p "$folder"
  rm -rf "$new"
  "$@" >&2
  mv "$new" "$folder/done"
}

# need_packages WHY PACKAGE...: installs Debian packages; where that is not possible, says what to install.
need_packages() {
  why=$1 missing=; shift
  have apt-get || die "$why On Debian and Ubuntu the packages are: $*"
  for package; do
    # shellcheck disable=SC2016
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  if [ -z "$missing" ]; then return; fi
  install="apt-get install -y --no-install-recommends$missing"
  as_root true 2>/dev/null || die "$why Run this, then try again:
    sudo apt-get update && sudo $install"
  say "Installing Debian packages:$missing"
  as_root apt-get update -qq >&2 || true # a broken source elsewhere on the machine need not matter
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive $install -qq -o DPkg::Lock::Timeout=600 >&2 || die "This failed: $install"
}

use_node() {
  { have node && have npm; } || die "Node and npm are missing. Install Node 22 or newer: https://nodejs.org"
  if ! node --version | { IFS=v. read -r _ a b _; [ "$a" -gt 22 ] || { [ "$a" = 22 ] && [ "$b" -ge 12 ]; }; }; then
    once "node-$NODE_VERSION" install_node
    PATH=$CACHE/node-$NODE_VERSION/done/bin:$PATH
  fi
  if ! packages_fresh; then locked npm install_packages; fi
  PATH=$PWD/node_modules/.bin:$PATH
}

packages_fresh() {
  [ -e node_modules/.package-lock.json ] && [ -z "$(find package-lock.json -newer node_modules/.package-lock.json)" ]
}

install_packages() {
  if packages_fresh; then return; fi
  say "Installing npm packages"
  npm ci --include=dev --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
}

install_node() {
  say "Installing Node $NODE_VERSION (wrangler needs 22.12 or newer, this machine has $(node --version))"
  package=node-$(node -p 'process.platform + "-" + process.arch')
  npm install --prefix "$folder/npm" --no-save --no-audit --no-fund --loglevel=error "$package@$NODE_VERSION" ||
    die "Install Node 22.12 or newer: https://nodejs.org"
  mv "$folder/npm/node_modules/$package" "$new"
}

use_rust() {
  have cargo || die "Rust is missing. Install it: https://rustup.rs"
}

# The wasm32 standard library: rustup's, or, where rustup's server cannot be reached, Debian's compiler with a standard
# library built from its own source. Sets WASM_TOOLCHAIN to rustup's name for that compiler (empty: the default one).
use_wasm_target() {
  if ! find_wasm; then
    locked wasm add_wasm
    find_wasm || die "$(command -v rustc) has no $WASM target, and /usr/bin/rustc is not first in PATH"
  fi
}

find_wasm() {
  WASM_TOOLCHAIN=
  if has_wasm rustc; then return; fi
  WASM_TOOLCHAIN=airlock-debian
  [ -e "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/$WASM_TOOLCHAIN" ] && has_wasm /usr/bin/rustc
}

add_wasm() {
  if find_wasm; then return; fi
  if have rustup; then
    say "Adding the $WASM target"
    if RUST_BACKTRACE=0 rustup target add "$WASM" >&2 && has_wasm rustc; then return; fi
    say "rustup's server cannot be reached: taking Debian's compiler for $WASM instead"
  fi
  need_packages "Rust has no $WASM target (\`rustup target add $WASM\` adds it)." \
    cargo-web rustc-web rust-web-clippy rust-web-llvm rust-web-src lld-22
  if ! has_wasm /usr/bin/rustc; then install_wasm_std; fi
  if have rustup; then rustup toolchain link airlock-debian /usr >&2; fi
}

# has_wasm RUSTC: whether it has the target's standard library and, where that was built here, built for this version.
has_wasm() {
  std=$("$1" --print sysroot 2>/dev/null)/lib/rustlib/$WASM
  [ -d "$std/lib" ] && { [ ! -e "$std/built-for" ] || [ "$("$1" --version)" = "$(cat "$std/built-for")" ]; }
}

install_wasm_std() {
  once "wasm-std-$(dpkg-query -W -f='${Version}' rust-web-src)" build_wasm_std
  rustlib=$(/usr/bin/rustc --print sysroot)/lib/rustlib
  as_root rm -rf "$rustlib/$WASM" "$rustlib/$WASM.new"
  as_root cp -R "$folder/done" "$rustlib/$WASM.new"
  as_root mv "$rustlib/$WASM.new" "$rustlib/$WASM"
}

build_wasm_std() {
  say "Building the standard library for $WASM (once for this machine, about a minute)"
  printf '[package]\nname = "empty"\nedition = "2021"\n[lib]\npath = "empty.rs"\n' >"$folder/Cargo.toml"
  echo '#![no_std]' >"$folder/empty.rs"
  # Without bitcode in the standard library, link-time optimisation of the Workers fails.
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR=$folder/target \
    /usr/bin/cargo build --release --target "$WASM" -Zbuild-std=std,panic_abort --manifest-path "$folder/Cargo.toml"
  mkdir -p "$new/lib"
  cp "$folder/target/$WASM/release/deps/"*.rlib "$new/lib"
  rm "$new/lib/libempty-"*
  /usr/bin/rustc --version >"$new/built-for"
  rm -rf "$folder/target"
}

# with_wasm COMMAND...: runs it with the compiler that has the wasm32 target.
with_wasm() {
  if [ "$WASM_TOOLCHAIN" ]; then env RUSTUP_TOOLCHAIN="$WASM_TOOLCHAIN" "$@"; else "$@"; fi
}

# worker-build would download these three itself; these come from the lock files.
use_worker_build() {
  wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/ { n; s/^version = "\(.*\)"$/\1/p; }' Cargo.lock)
  cargo_tool worker-build "$WORKER_BUILD_VERSION" --locked
  cargo_tool wasm-bindgen-cli "$wasm_bindgen_version" # its own lock file does not build
  export WASM_BINDGEN_BIN="$CACHE/wasm-bindgen-cli-$wasm_bindgen_version/done/bin/wasm-bindgen"
  export WASM_OPT_BIN="$PWD/node_modules/.bin/wasm-opt" ESBUILD_BIN="$PWD/node_modules/.bin/esbuild"
}

# What holds the crates of Cargo.lock to deny.toml.
use_cargo_deny() {
  cargo_tool cargo-deny "$CARGO_DENY_VERSION" --locked
}

# cargo_tool CRATE VERSION FLAG...: the commands of CRATE, in PATH.
cargo_tool() {
  once "$1-$2" build_cargo_tool "$@"
  PATH=$CACHE/$1-$2/done/bin:$PATH
}

build_cargo_tool() {
  say "Building $1 $2 (once for this machine, about two minutes)"
  crate=$1 version=$2; shift 2
  # Unoptimised, these build three times faster and are quick enough.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_TARGET_DIR=$folder/target cargo install "$crate" --version "=$version" --root "$new" "$@"
  rm -rf "$folder/target"
}

use_lints() {
  if { cargo fmt --version && cargo clippy --version && with_wasm cargo clippy --version; } >/dev/null 2>&1; then return; fi
  say "Adding rustfmt and clippy"
  if have rustup; then rustup component add rustfmt clippy >&2; else
    need_packages "rustfmt and clippy are missing." rustfmt-web rust-web-clippy
  fi
}

# A browser, a source of one-time codes and a reader of QR codes. CHROME names the browser to use, if any.
use_browser_tools() {
  for browser in "${CHROME:-}" google-chrome google-chrome-stable chromium chromium-browser \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if have "$browser"; then break; fi
    browser=
  done
  set --
  [ "$browser" ] || set -- "$@" chromium
  have oathtool || set -- "$@" oathtool
  have zbarimg || set -- "$@" zbar-tools
  if [ $# -gt 0 ]; then need_packages "The browser tests need a browser, oathtool and zbarimg." "$@"; fi
  CHROME=$(command -v "${browser:-chromium}")
  export CHROME
}

# What counts instructions, for the tests that compare what comparing secrets takes. It exists for Linux alone, and so do they.
use_valgrind() {
  if [ "$(uname)" != Linux ] || have valgrind; then return; fi
  need_packages "The tests that count instructions need valgrind." valgrind
}

# What builds the Workers.
use_builder() { use_rust; use_wasm_target; use_worker_build; }

# What all Workers share, in each of their files as in wrangler.toml.
use_settings() {
  for file in admin/wrangler.toml jobs/wrangler.toml; do
    if [ "$(shared "$file")" = "$(shared wrangler.toml)" ]; then continue; fi
    say "$(cargo run -q -p airlock-cli -- settings)"
  done
}

shared() { sed -n '/^# >>> Shared/,/^# <<< Shared/p' "$1"; }

# The keys of development, in .env: made once.
use_secrets() {
  if [ ! -e .env ]; then
    say "Making development secrets (.env)"
    (umask 077; cargo run -p airlock-cli -- secrets >.env.new)
    mv .env.new .env
    return
  fi
  for name in ASSERTION_KEYS AUDIT_KEYS PROXY_KEYS; do # of an older version; nothing in the database depends on them
    grep -q "^$name=" .env || cargo run -p airlock-cli -- secrets | grep "^$name=" >>.env
  done
}

# What tests/apps puts behind the gate: those of FILE, and nginx. APPS_PYTHON is the Python that has them.
use_apps() {
  have nginx || need_packages "One of the apps that the tests put behind the gate is nginx." nginx-light
  use_python "$1"
  export APPS_PYTHON="$PYTHON"
}

# What tests ask for each request by forward-auth, beside nginx.
use_proxies() {
  have caddy || need_packages "One of the proxies that the tests put in front of an app is Caddy." caddy
}

# use_python FILE: Python packages as FILE names them. PYTHON is the one that has them.
use_python() {
  why="What $1 is for needs Python 3.11 or newer, with venv."
  if ! has_python; then need_packages "$why" python3 python3-venv; fi
  has_python || die "$why $(python3 --version) is what there is."
  once "python-$({ python3 --version; cat "$1"; } | cksum | tr -d " ")" install_python "$1"
  export PYTHON="$folder/done/bin/python"
}

has_python() {
  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

install_python() {
  say "Installing the Python packages of $1 (once for this machine)"
  python3 -m venv "$new"
  "$new/bin/python" -m pip install -q --disable-pip-version-check -r "$1"
}
