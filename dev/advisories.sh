#!/bin/sh
# npm run advisories: whether anything in the lock files is known to be vulnerable, or was withdrawn. RustSec's database is
# on GitHub, npm's behind its registry: where one cannot be reached, nothing is checked, and this says so.
# shellcheck source=dev/tools.sh
. "$(dirname "$0")/tools.sh"
use_node
use_rust
use_cargo_deny
status=0

if cargo deny fetch db >/dev/null 2>&1; then
  cargo deny --locked check advisories || status=1
else
  say "NOT CHECKED: crates. RustSec's database at github.com cannot be reached."
fi

report=$(npm audit --json 2>/dev/null) || true
case $report in
*'"auditReportVersion"'*) npm audit || status=1 ;;
*) say "NOT CHECKED: npm packages. The registry does not answer for advisories." ;;
esac
exit $status
