#!/bin/sh
# npm run bench: what a request through the gate costs.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_node
exec node --disable-warning=ExperimentalWarning bench/gate.mjs
