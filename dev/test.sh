#!/bin/sh
# npm test: the core on the host, then the built Worker in workerd and a real browser.
# `npm test -- tests/e2e/api.test.mjs` runs only the named end-to-end tests.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_node
use_builder
use_browser_tools
use_apps tests/apps/requirements.txt
use_proxies
use_python dev/requirements.txt
use_secrets

if [ $# -eq 0 ]; then
  use_valgrind
  cargo test -q --workspace --exclude airlock-worker --exclude airlock-admin --exclude airlock-jobs --exclude airlock-platform
  # Airlock's own paths at another place than by default.
  AUTH_PREFIX=/-/sign-in cargo test -q -p airlock-tests -p airlock-cli
  # Simulated worlds by the thousand, optimised.
  cargo test -q --profile simulate -p airlock-tests --test it -- --ignored
  set -- 'tests/e2e/**/*.test.mjs'
fi
sh dev/build.sh
# Two files at a time: each runs a server of its own.
exec node --test --test-concurrency=2 --test-reporter=spec "$@"
