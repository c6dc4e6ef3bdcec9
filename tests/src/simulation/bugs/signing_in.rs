//! Bugs in signing in: codes, passwords, sessions, and what is asked of whom.

use super::*;

/// All of them.
pub const BUGS: &[Bug] = &[
    // Codes.
    bug("a used code is refused where it is read, not where it wins", Plant::Replace("a.last_step < ?10", "?10 = ?10")),
    bug(
        "a code wins if it is not the last one, even if it is older",
        Plant::Replace("a.last_step < ?10", "a.last_step <> ?10"),
    ),
    bug(
        "a code is used up in a transaction of its own",
        Plant::Tear("UPDATE authenticators SET last_step = ?2, last_used_at"),
    ),
    bug("a recovery code is not used up", Plant::Leave("UPDATE recovery_codes SET used_at")),
    bug(
        "a used recovery code wins",
        Plant::Replace("r.user_id = sessions.user_id AND r.used_at IS NULL", "r.user_id = sessions.user_id"),
    ),
    bug(
        "a code shown early burns the steps before it too",
        Plant::Replace(
            "UPDATE authenticators SET burned_steps = (SELECT",
            "UPDATE authenticators SET last_step = ?2, burned_steps = (SELECT",
        ),
    ),
    bug(
        "a stolen session ends a later one of its owner",
        Plant::Replace(
            "AND (o.created_at <= s.created_at OR abs(?2 - s.reauthenticated_at) < ?12)",
            "AND ?12 IS NOT NULL",
        ),
    ),
    bug(
        "a stolen session ends all later ones of its owner",
        Plant::Replace("(abs(?2 - s.reauthenticated_at) < ?11 OR NOT", "(?11 IS NOT NULL OR NOT"),
    ),
    bug(
        "a code is charged to a session that needs none",
        Plant::Replace(
            "iif(c.second_factor IS NULL, c.attempts < ?5, ?10)",
            "(c.second_factor IS NOT NULL AND ?10 IS NOT NULL OR c.attempts < ?5)",
        ),
    ),
    bug(
        "a code shown early is good when its time comes",
        Plant::Leave("UPDATE authenticators SET burned_steps = (SELECT"),
    ),
    bug(
        "a code shown early is refused where it is read, not where it wins",
        Plant::Replace("NOT EXISTS (SELECT 1 FROM json_each(a.burned_steps) b WHERE b.value = ?10)", "1"),
    ),
    bug("a set-up outlives a proof", Plant::Leave("DELETE FROM enrolments WHERE session_id = ?1 AND NOT ?3")),
    // Attempts at codes.
    bug("the attempts of a login are not counted", Plant::Leave("UPDATE sessions SET attempts = attempts + 1")),
    bug(
        "strangers' codes are counted, then charged",
        Plant::Before(
            "(SELECT count(*) FROM code_attempts t\n                 WHERE t.user_id = u.id AND t.at > ?4 - ?9 AND t.browser = '')",
            "SELECT count(*) FROM code_attempts t JOIN sessions s ON s.user_id = t.user_id
             WHERE s.token_hash = ?1 AND t.at > ?4 - ?9 AND t.browser = '' AND ?11 <> ''",
        ),
    ),
    bug("a sixth code in one login", Plant::Replace("c.attempts < ?5", "?5 > 0")),
    bug("after a hundred failures codes go on", Plant::Replace("u.code_failures < ?6", "?6 > 0")),
    bug("a right code stays charged", Plant::Leave("DELETE FROM code_attempts WHERE id = ?1 AND (?2 IS NULL")),
    bug(
        "a wrong recovery code is given back",
        Plant::Replace(
            "DELETE FROM code_attempts WHERE id = ?1 AND (?2 IS NULL OR",
            "DELETE FROM code_attempts WHERE id = ?1 AND (1 OR",
        ),
    ),
    bug(
        "a recovery code used in the meantime is charged as a wrong one",
        Plant::Replace(
            "r.user_id = code_attempts.user_id AND r.mac",
            "r.user_id = code_attempts.user_id AND r.used_at IS NULL AND r.mac",
        ),
    ),
    bug(
        "a right code stays one of a hundred",
        Plant::Leave("UPDATE users SET code_failures = max(code_failures - 1, 0)"),
    ),
    bug(
        "a code is charged where there is nothing to compare",
        Plant::Replace("AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = u.id)", "AND 1"),
    ),
    bug(
        "a wrong code is charged again by the same form",
        Plant::Replace("WHERE (t.id BETWEEN ?11", "WHERE 0 AND (t.id BETWEEN ?11"),
    ),
    bug("strangers get all ten codes", Plant::Replace("(c.browser <> '' OR ?8 >", "(?8 > 0 OR 0 >")),
    bug("any browser counts as the owner's", Plant::Replace("WHERE b.id = s.browser AND b.user_id", "WHERE b.user_id")),
    // Known browsers.
    bug(
        "a browser is known by the password, whatever else there is",
        Plant::Alter("FROM people WHERE email", |row| set(row, "authenticators", 0)),
    ),
    bug("a sixth browser is known", Plant::Leave("DELETE FROM browsers WHERE user_id = (SELECT user_id FROM sessions")),
    bug(
        "a browser made known by the password alone stays known once codes are asked for",
        Plant::Leave("DELETE FROM browsers WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM sessions"),
    ),
    bug(
        "browsers stay known after a new password or a reset",
        Plant::Leave("DELETE FROM browsers WHERE user_id = ?1 AND id <> ?2 AND EXISTS"),
    ),
    // Attempts at passwords, and logins that wait.
    bug("a pause holds nobody", Plant::Replace("WHERE blocked_until <= ?4 AND", "WHERE ?4 > 0 AND")),
    bug(
        "wrong passwords count by the address alone",
        Plant::Replace("SELECT ?1, p.source, 1, 0, ?6, ?4", "SELECT ?1, '*', 1, 0, ?6, ?4"),
    ),
    bug(
        "a right password stays charged",
        Plant::Leave("DELETE FROM password_budgets WHERE subject = ?1 AND source = ?2"),
    ),
    bug(
        "a wrong password is charged again by the same form",
        Plant::Replace("AND NOT (charge BETWEEN ?15", "AND NOT (0 AND charge BETWEEN ?15"),
    ),
    bug("right passwords make a flood", Plant::Leave("UPDATE floods SET failures = failures - 1")),
    bug("a flood holds nobody", Plant::Replace("failures >= ?10 AND began_at", "failures >= ?10 * 1000 AND began_at")),
    bug("a flood holds known browsers too", Plant::Replace("AND (source <> ?3 OR updated_at", "AND (0 OR updated_at")),
    bug(
        "a waiting login makes room for one from elsewhere",
        Plant::Replace("(?5 <> '' OR network = ?6)", "(?5 <> '' OR ?6 <> '')"),
    ),
    bug("everyone comes from one network", Plant::Request(|request| request.client.ip = "192.0.2.1".to_owned())),
    // The policy.
    bug(
        "a login waiting for its code is taken for a full one",
        Plant::Alter("FROM visits", |row| {
            let proven = row.get("second_factor").is_some_and(|factor| !factor.is_null());
            if !proven {
                set(row, "second_factor", "totp");
            }
        }),
    ),
    bug("`now` holds from the next login", Plant::Alter("FROM visits", |row| set(row, "applies", "next_login"))),
    bug(
        "a requirement holds a minute late",
        Plant::Alter("FROM visits", |row| {
            if let Some(since) = row.get("required_since").and_then(Json::as_i64) {
                set(row, "required_since", since + 60_000);
            }
        }),
    ),
    bug("a requirement holds before its day", Plant::Alter("FROM visits", |row| set(row, "starts_at", Json::Null))),
    bug(
        "a requirement holds an hour after its day",
        Plant::Alter("SELECT * FROM ", |row| {
            if let Some(day) = row.get("starts_at").and_then(Json::as_i64) {
                set(row, "starts_at", day + 3_600_000);
            }
        }),
    ),
    bug(
        "whoever signed in before the day is held from when it was set",
        Plant::Replace(", max(ifnull(required_since, 0), ifnull(starts_at, 0)), ?5)", ", required_since, ?5)"),
    ),
    bug(
        "an exemption outlasts its day",
        Plant::Alter("SELECT * FROM ", |row| {
            if let Some(until) = row.get("exempt_until").and_then(Json::as_i64) {
                set(row, "exempt_until", until + 86_400_000);
            }
        }),
    ),
    bug("an exemption is none", Plant::Alter("SELECT * FROM ", |row| set(row, "exempt_until", Json::Null))),
    bug("the policy is remembered for a minute", Plant::Keep("FROM visits")),
    bug(
        "a code is asked for at each login of someone without an authenticator",
        Plant::Replace("FROM users u JOIN authenticators a ON a.user_id = u.id\n", "FROM users u\n"),
    ),
    bug(
        "what is kept on is written down, and goes with the requirement",
        Plant::Leave("UPDATE users SET two_factor_chosen = 1 WHERE"),
    ),
    bug(
        "what was kept on is not asked for at the next login",
        Plant::Alter("FROM people WHERE email", |row| set(row, "two_factor_chosen", 0)),
    ),
    bug(
        "two-factor login goes off while it is required",
        Plant::Replace("(two_factor_required = 1 AND ifnull(starts_at, 0) <= ?2)", "0"),
    ),
    bug(
        "what a login was decided on may have changed",
        Plant::Replace("AND ?14 = (SELECT s.facts FROM standings s WHERE s.user_id = u.id)", "AND ?14 <> ''"),
    ),
    // What a proof counts for.
    bug("every session is fresh", Plant::Alter("FROM visits", |row| copy(row, "last_seen_at", "reauthenticated_at"))),
    bug(
        "a step-up for the app counts for the person's own pages",
        Plant::Alter("FROM visits", |row| copy(row, "stepped_up_at", "reauthenticated_at")),
    ),
    bug(
        "a proof for the person's own pages counts for the app",
        Plant::Alter("FROM visits", |row| copy(row, "reauthenticated_at", "stepped_up_at")),
    ),
    bug(
        "a code counts for everything, wherever the login leads",
        Plant::Replace(
            "reauthenticated_at = iif(?8 AND ?12, ?3, reauthenticated_at)",
            "reauthenticated_at = ?3 + 0 * ?8 * ?12",
        ),
    ),
    bug("every session may set up without a new proof", Plant::Alter("FROM visits", |row| set(row, "pending", 1))),
    // Sessions that are trusted for a while.
    bug("a pass is good for longer than is trusted", Plant::Slow(PASS, 30_000)),
    bug(
        "a pass is good for what changes something",
        Plant::Request(|request| {
            if has_pass(request) {
                request.method = "GET".to_owned()
            }
        }),
    ),
    bug(
        "a pass is good where a second factor is asked for",
        Plant::Request(|request| {
            if has_pass(request) && request.path == "/billing" {
                request.path = "/reports".to_owned()
            }
        }),
    ),
    bug(
        "the token before a re-authentication reads for an hour",
        Plant::Replace("abs(?2 - replaced_at) < ?4", "abs(?2 - replaced_at) < ?4 + 3600000"),
    ),
    bug(
        "the token of before reads across stages",
        Plant::Replace("replaced_at = iif(?13, ?3, NULL)", "replaced_at = iif(?13 >= 0, ?3, NULL)"),
    ),
    // The same form again.
    bug(
        "a form sent again is answered for an hour",
        Plant::Replace("abs(?4 - form_at) < ?5", "abs(?4 - form_at) < ?5 + 3600000"),
    ),
    bug("what a form was answered is not kept", Plant::Replace("answer = ?15", "answer = nullif(?15, ?15)")),
    bug("a form that was done is not remembered", Plant::Leave("UPDATE sessions SET form = iif(?6, form")),
    bug(
        "the same form makes new recovery codes again",
        Plant::Replace("f.token_hash = ?7 AND ?12 IN (f.form, f.waited)", "f.token_hash = ?7 AND 0 AND ?12"),
    ),
    bug(
        "a token is made again by the same form",
        Plant::Replace("f.token_hash = ?9 AND ?12 IN (f.form, f.waited)", "f.token_hash = ?9 AND 0 AND ?12"),
    ),
    bug(
        "the same form takes back what another admin has done since",
        Plant::Replace("f.token_hash = ?9 AND ?13 IN (f.form, f.waited)", "f.token_hash = ?9 AND 0 AND ?13"),
    ),
    bug(
        "whoever sends the form of a session again gets that session",
        Plant::Replace("(token_hash = ?1 OR previous_hash IN (?1, ?2))", "(?1 <> '' OR previous_hash IN (?1, ?2))"),
    ),
    bug(
        "what is made is not shown",
        Plant::Replace("shown_at = iif(?5 IS NULL, shown_at, ?4)", "shown_at = iif(?5 IS NULL, shown_at, 0)"),
    ),
    bug(
        "a token is shown after it was revoked",
        Plant::Replace(
            "SELECT 1 FROM invitations WHERE token_hash = ?1 AND expires_at > ?2\n             UNION",
            "SELECT 1 UNION",
        ),
    ),
    bug(
        "a login form sent again leaves a login behind",
        Plant::Leave("DELETE FROM sessions WHERE user_id = ?1 AND form = ?2"),
    ),
    bug(
        "a login form sent again leaves a browser known",
        Plant::Leave("DELETE FROM browsers WHERE id IN (SELECT browser"),
    ),
    // Forms that wait for a proof.
    bug("what waits is done before anything is proven", Plant::Unproven),
    bug("what waits is done in whichever session brings it", Plant::Waiting(Brought::take_over)),
    bug(
        "what waits is done however late",
        Plant::Waiting(|waits| {
            let at = waits.asked["at"].as_i64().unwrap_or_default();
            // As if at most ten minutes had passed.
            waits.asked["at"] = (at + (waits.now - at) / 600_000 * 600_000).into();
        }),
    ),
    bug("what waits can be changed by whoever brings it", Plant::Waiting(|waits| waits.set("role", "owner"))),
    bug("what waited is done again", Plant::Replace("waited = iif(?6, ?3,", "waited = iif(?6, nullif(?3, ?3),")),
    bug(
        "a proof sent again does not lead to what waited",
        Plant::Replace("answer = iif(?6 OR ?3 IS NULL, answer", "answer = iif(?3 IS NULL, answer"),
    ),
    bug("a script is taken for a person", Plant::Request(|request| silent(request, "cors"))),
    bug("a button needs no key", Plant::Request(|request| silent(request, "navigate"))),
    // Sessions.
    bug(
        "sessions do not end by themselves",
        Plant::Replace("AND expires_at > ?2 AND last_seen_at > ?3", "AND ?2 > ?3"),
    ),
    bug("signing out leaves the session", Plant::Leave("DELETE FROM sessions WHERE token_hash = ?1")),
    bug("a login under way outlives a new password", Plant::Replace("u.password_phc = ?13", "?13 <> ''")),
    bug(
        "the token before a new password lives on",
        Plant::Leave("UPDATE sessions SET token_hash = ?3, previous_hash = iif(?7"),
    ),
    bug(
        "a set-up leaves the other sessions",
        Plant::Leave("DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?2"),
    ),
    bug(
        "a set-up leaves what a reset asks for",
        Plant::Replace("SET must_enrol = 0, code_failures = 0", "SET code_failures = 0"),
    ),
    bug(
        "recovery codes outlive the last authenticator",
        Plant::Both(
            &Plant::Replace("AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = s.user_id)", ""),
            &Plant::Replace("u.codes_set = ?11", "?11 = ?11"),
        ),
    ),
    bug("new recovery codes replace whatever codes there are", Plant::Replace("u.codes_set = ?11", "?11 = ?11")),
];
