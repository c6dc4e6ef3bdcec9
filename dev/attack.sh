#!/bin/sh
# npm run attack: sqlmap and wapiti against the Workers as `npm start` serves them, an hour and a half; `-- --quick`: a quarter.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_node
use_browser_tools # for its source of one-time codes
use_python dev/attack-requirements.txt
exec node --disable-warning=ExperimentalWarning tests/attack/scan.mjs "$@"
