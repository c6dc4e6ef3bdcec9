#!/bin/sh
# npm start: the Workers on one port, http://localhost:8787 and http://admin.localhost:8787, with people to sign in as, and
# their mails at http://mail.localhost:8787.
# PORT and STATE_DIR change where, EDGE_ORIGIN is what a proxy in front of them is called, and AUTH_PREFIX what their own paths
# begin with. APP_URL=http://localhost:3000 puts them in front of an app of yours instead of the example. MAIL_FROM= sends no mails;
# SMTP_URL=smtp://127.0.0.1:1025 hands them to a server of yours instead of the mailbox.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
PORT=${PORT:-8787} STATE_DIR=${STATE_DIR:-.wrangler/state}
export WRANGLER_WRITE_LOGS=false # copies of what it says, in the home directory

use_node
node -e 'require("net").connect(process.argv[1], "127.0.0.1", () => process.exit(1)).on("error", () => {})' "$PORT" ||
  die "Something already answers on port $PORT. Stop it, or take another port and database: PORT=8788 STATE_DIR=.wrangler/state-8788 npm start"
use_builder
use_secrets
sh dev/build.sh

for file in .dev.vars admin/.dev.vars jobs/.dev.vars; do
  [ ! -e "$file" ] || die "$file would keep wrangler from reading .env: move what it holds there."
done

cli() { cargo run -q -p airlock-cli -- "$@"; }

# What a local database was made with: these change, it starts anew and the old one is kept beside it. By its id wrangler
# finds it.
made_with() { cat schema.sql; grep '^database_id' wrangler.toml; grep -e '^SEED_KEYS=' -e '^PEPPER_KEYS=' .env | cksum; }
# Nobody else on this machine reads the database.
umask 077
mkdir -p "$STATE_DIR"
chmod 700 "$STATE_DIR"
# Until wrangler ends, which inherits it. Two of them on one database would each refuse what the other has let in.
exec 8>"$STATE_DIR/lock"
if have flock && ! flock -n 8; then
  die "Another npm start has this database. Stop it, or take another: PORT=$PORT STATE_DIR=.wrangler/state-$PORT npm start"
fi
# `wrangler dev -c admin/wrangler.toml`, the admin Worker alone, looks beside that file for what all have in common; so with jobs.
mkdir -p .wrangler/state
for worker in admin jobs; do
  mkdir -p "$worker/.wrangler"
  [ -e "$worker/.env" ] || ln -sf ../.env "$worker/.env"
  [ -e "$worker/.wrangler/state" ] || ln -sf ../../.wrangler/state "$worker/.wrangler/state"
done
# The jobs Worker with what is there in development alone: the mailbox where Cloudflare has a binding for mails, or a server.
jobs=$STATE_DIR/jobs.toml
here=$(pwd)
sed -e "s|^main = \"|&$here/jobs/|" -e "s|^watch_dir = .*|watch_dir = [\"$here/core\", \"$here/platform/src\", \"$here/jobs/src\"]|" \
  -e "s|^required = \[|&${SMTP_URL:+\"SMTP_URL\", }|" jobs/wrangler.toml >"$jobs"
[ "${SMTP_URL:-}" ] || printf '\n[[services]]\nbinding = "EMAIL"\nservice = "airlock-front-door"\nentrypoint = "Mailbox"\n' >>"$jobs"
ln -sf "$here/.env" "$STATE_DIR/.env"
if ! made_with | cmp -s - "$STATE_DIR/made-with"; then
  rm -f "$STATE_DIR/demo"
  if [ -e "$STATE_DIR/v3/d1" ]; then
    mkdir -p "$STATE_DIR/old"
    mv "$STATE_DIR/v3/d1" "$STATE_DIR/old/d1-$(date +%Y%m%d-%H%M%S)"
    say "The schema, the secrets or the database's id changed: starting a new local database (the last one is in $STATE_DIR/old)"
  else
    say "Making the local database"
  fi
  wrangler d1 execute airlock --local --persist-to "$STATE_DIR" --file schema.sql >/dev/null
  made_with >"$STATE_DIR/made-with"
fi
if [ ! -e "$STATE_DIR/demo" ]; then
  say "Adding people to sign in as"
  cli demo --persist-to "$STATE_DIR" >&2
  touch "$STATE_DIR/demo"
fi

export MAIL_FROM="${MAIL_FROM-Airlock <airlock@mail.localhost>}"
[ -n "${APP_URL:-}" ] || unset APP_URL
app=$(cli demo --app)
eval "$app" # behind, what the example has, and AUTH_PREFIX
people=$(cli demo --show | sed 's/^/  /')
if [ -z "$MAIL_FROM" ]; then
  mails="nowhere: MAIL_FROM is empty"
elif [ "${SMTP_URL:-}" ]; then
  mails="the server in SMTP_URL"
else
  mails="http://mail.localhost:$PORT/"
fi
note() {
  cat <<NOTE

────────────────────────────────────────────────────────────────────────────
  Behind Airlock http://localhost:$PORT/          $behind    (Ctrl-C stops it)
  Its admins at  http://admin.localhost:$PORT/    (the owner signs in there)
  Its mails at   $mails

$people
  A code, as the phone would show it: oathtool -b --totp SEED
────────────────────────────────────────────────────────────────────────────

NOTE
}

# Waits in the background for the first answer; ends with this process, which becomes wrangler.
{
  until node -e 'fetch(process.argv[1]).catch(() => process.exit(1))' "http://127.0.0.1:$PORT/"; do
    kill -0 $$ 2>/dev/null || exit
    sleep 0.3
  done
  note
} &
# Of several Workers `--var` and `--env-file` reach the first alone, the environment reaches all.
export EDGE_ORIGIN="${EDGE_ORIGIN:-http://localhost:$PORT}" ADMIN_ORIGIN="http://admin.localhost:$PORT"
# Wrangler names the path of each request, and the link of an invitation is one: those lines are left out. A pipe of its own
# rather than `|`, so that this process becomes wrangler.
said=$STATE_DIR/said
rm -f "$said"
mkfifo "$said"
while IFS= read -r line; do
  case $line in *' /'*'ms)'*) ;; *) printf '%s\n' "$line" ;; esac
done <"$said" &
# 127.0.0.1 is what localhost means to every client; by default wrangler may listen on ::1 alone. The debugger's port is the
# system's to choose: wrangler looks for a free one and takes it only later, when another wrangler may have been faster.
exec wrangler dev -c dev/wrangler.toml -c wrangler.toml -c admin/wrangler.toml -c "$jobs" \
  -c examples/dashboard/wrangler.toml --ip 127.0.0.1 --port "$PORT" --inspector-port 0 --persist-to "$STATE_DIR" >"$said"
