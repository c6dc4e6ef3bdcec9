#!/bin/sh
# npm run bench: Airlock beside what people would use instead. Leaves its results in bench/results; `-- --quick` measures less
# and leaves nothing. `-- --growth` measures Airlock alone, in databases of up to a million users; `-- --scale` simulates how
# much more than that it would carry; `-- --latency` measures a page with a hundred assets, the database near and far.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_node
use_builder
case " $* " in *" --growth "*)
  sh dev/build.sh
  exec node --disable-warning=ExperimentalWarning bench/growth.mjs "$@" ;;
*" --latency "*)
  sh dev/build.sh worker
  exec node --disable-warning=ExperimentalWarning bench/latency.mjs ;;
*" --scale "*)
  exec node bench/scale.mjs ;;
esac
have cc || need_packages "The hash in native C needs a C compiler." gcc libc6-dev

install_rivals() {
  (cd bench && npm ci --ignore-scripts --omit=optional --omit=peer --no-audit --no-fund --loglevel=error >&2)
}
[ bench/node_modules/.package-lock.json -nt bench/package-lock.json ] || install_rivals
sh dev/build.sh worker bench/rust
exec node --disable-warning=ExperimentalWarning bench/run.mjs "$@"
