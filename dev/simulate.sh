#!/bin/sh
# npm run simulate -- --seeds N: that many worlds of people, thieves, admins and faults, in which everything must hold.
# `--seed N` prints all that happens in one.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_rust
exec cargo run -q -p airlock-tests --bin simulate --profile simulate -- "$@"
