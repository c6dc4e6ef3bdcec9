#!/bin/sh
# npm run admin -- COMMAND, npm run deploy: the operator's commands, with the wrangler they need in PATH.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_node
use_rust
exec cargo run -q -p airlock-cli -- "$@"
