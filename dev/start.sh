#!/bin/sh
# npm start: Airlock on http://localhost:8787 with people to sign in as. PORT and STATE_DIR change where.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
PORT=${PORT:-8787} STATE_DIR=${STATE_DIR:-.wrangler/state}

use_node
node -e 'require("net").connect(process.argv[1], "127.0.0.1", () => process.exit(1)).on("error", () => {})' "$PORT" ||
  die "Something already answers on port $PORT. Stop it, or take another port: PORT=8788 npm start"
use_rust
use_wasm_target
use_worker_build
sh dev/build.sh worker

cli() { cargo run -p airlock-cli -- "$@"; }

# What a local database was made with: these change, it starts anew and the old one is kept beside it.
mkdir -p "$STATE_DIR"
if [ ! -e .dev.vars ]; then
  say "Making development secrets (.dev.vars)"
  (umask 077; cli secrets >.dev.vars.new)
  mv .dev.vars.new .dev.vars
  rm -f "$STATE_DIR/schema.sql"
fi
if ! cmp -s schema.sql "$STATE_DIR/schema.sql"; then
  rm -f "$STATE_DIR/demo"
  if [ -e "$STATE_DIR/v3/d1" ]; then
    mkdir -p "$STATE_DIR/old"
    mv "$STATE_DIR/v3/d1" "$STATE_DIR/old/d1-$(date +%Y%m%d-%H%M%S)"
    say "The schema or the secrets changed: starting a new local database (the last one is in $STATE_DIR/old)"
  else
    say "Making the local database"
  fi
  wrangler d1 execute airlock --local --persist-to "$STATE_DIR" --file schema.sql >/dev/null
  cp schema.sql "$STATE_DIR/schema.sql"
fi
if [ ! -e "$STATE_DIR/demo" ]; then
  say "Adding people to sign in as"
  cli demo --persist-to "$STATE_DIR" >&2
  touch "$STATE_DIR/demo"
fi

note() {
  cat <<NOTE

────────────────────────────────────────────────────────────────────────────
  Airlock is at http://localhost:$PORT/   (Ctrl-C stops it)

  Everyone's password: correct horse battery staple
    owner@acme.test   second factor on, seed JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
    noor@acme.test    second factor on, seed GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
    mia@acme.test     none yet
    leo@acme.test     none yet
  A code, as the phone would show it: oathtool -b --totp SEED
────────────────────────────────────────────────────────────────────────────

NOTE
}

# Waits in the background for the first answer; ends with this process, which becomes wrangler.
{
  until node -e 'fetch(process.argv[1]).catch(() => process.exit(1))' "http://127.0.0.1:$PORT/auth/health"; do
    kill -0 $$ 2>/dev/null || exit
    sleep 0.3
  done
  note
} &
# 127.0.0.1 is what localhost means to every client; by default wrangler may listen on ::1 alone.
exec wrangler dev --ip 127.0.0.1 --port "$PORT" --persist-to "$STATE_DIR" --var "EDGE_ORIGIN:http://localhost:$PORT"
