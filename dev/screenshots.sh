#!/bin/sh
# npm run screenshots: the browser tests, which leave a picture of every page of both Workers, in three widths, light and
# dark, and of most in German and Hindi, in build/screenshots. `npm run screenshots -- tests/e2e/forgot.test.mjs`: of one alone.
set -eu
cd "$(dirname "$0")/.."
rm -rf build/screenshots
export PICTURES=build/screenshots
if [ $# -eq 0 ]; then
  for name in pages browser profile forgot admin prefix; do set -- "$@" "tests/e2e/$name.test.mjs"; done
fi
sh dev/test.sh "$@"
echo "$(find $PICTURES -name '*.png' | wc -l) pictures are in $PICTURES"
