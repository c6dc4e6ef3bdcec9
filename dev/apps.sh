#!/bin/sh
# npm run apps: real apps behind the gate, each by its own defaults, and whether they work. `npm run apps -- django` tries one.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_node
use_builder
use_browser_tools
use_apps tests/apps/all-requirements.txt
use_secrets
sh dev/build.sh
exec node --disable-warning=ExperimentalWarning tests/apps/run.mjs "$@"
