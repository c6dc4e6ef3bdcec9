#!/bin/sh
# npm run screenshots: the browser tests, which leave a picture of every page of both Workers, in three widths, light and
# dark, and of most in German and Hindi, in build/screenshots.
set -eu
cd "$(dirname "$0")/.."
rm -rf build/screenshots
export PICTURES=build/screenshots
sh dev/test.sh tests/e2e/pages.test.mjs tests/e2e/browser.test.mjs tests/e2e/profile.test.mjs tests/e2e/admin.test.mjs
echo "$(find $PICTURES -name '*.png' | wc -l) pictures are in $PICTURES"
