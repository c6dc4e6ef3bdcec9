#!/bin/sh
# npm run apps: real apps behind the gate, each by its own defaults, and whether they work. `npm run apps -- django` tries one.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"

install_node_apps() {
  say "Installing the apps on Node (once for this machine)"
  mkdir -p "$new"
  cp tests/apps/node/package.json tests/apps/node/package-lock.json "$new"
  npm ci --prefix "$new" --no-audit --no-fund --loglevel=error
}

use_node
use_builder
use_browser_tools
use_apps tests/apps/all-requirements.txt
for program in git fcgiwrap docker-registry php; do have "$program" || missing=1; done
if [ "${missing:-}" ] || [ ! -e /usr/share/dokuwiki ]; then
  need_packages "Some of the apps come as packages." git fcgiwrap docker-registry php-cli php-cgi php-xml dokuwiki
fi
once "apps-$(cksum <tests/apps/node/package-lock.json | tr -d " ")" install_node_apps
export APPS_NODE="$folder/done"
use_secrets
sh dev/build.sh
unset AUTH_PREFIX # each first by the defaults
exec node --disable-warning=ExperimentalWarning tests/apps/run.mjs "$@"
