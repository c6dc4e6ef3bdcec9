//! Bugs in what admins, operators and programs do.

use super::*;

/// All of them.
pub const BUGS: &[Bug] = &[
    // Resets.
    bug(
        "a reset leaves the sessions",
        Plant::Leave(
            "DELETE FROM sessions WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM audit WHERE event = ?2) RETURNING id",
        ),
    ),
    bug("a reset leaves the recovery codes", Plant::Leave("RETURNING used_at")),
    bug("a reset leaves the lock", Plant::Replace("must_enrol = 1, code_failures = 0", "must_enrol = 1")),
    bug("a reset asks for nothing", Plant::Replace("SET must_enrol = 1, code_failures", "SET code_failures")),
    bug(
        "a reset or a new password leaves API tokens",
        Plant::Leave("DELETE FROM api_tokens WHERE account_id IN (SELECT account_id FROM memberships"),
    ),
    bug(
        "a reset or a new password leaves the invitations of its person",
        Plant::Leave("DELETE FROM invitations WHERE account_id IN (SELECT account_id FROM memberships"),
    ),
    bug(
        "a person reset in the meantime is reset again",
        Plant::Both(
            &Plant::Replace("r.target_id = ?11 AND r.facts = ?12", "r.target_id = ?11 AND ?12 <> ''"),
            &Plant::Replace("(r.must_enrol = 0 OR", "(1 OR"),
        ),
    ),
    bug(
        "an account resets any member, whatever else they belong to",
        Plant::Alter("FROM reach", |row| set(row, "beyond", 0)),
    ),
    bug(
        "a reset is written down only where it was done",
        Plant::Replace(
            "JOIN memberships j ON j.user_id = r.target_id AND",
            "JOIN memberships j ON j.user_id = r.target_id AND j.account_id = ?10 AND",
        ),
    ),
    // Admins.
    bug("what an admin decided on may have changed", Plant::Replace("AND facts = ?12", "AND ?12 <> ''")),
    bug(
        "two links for one invitation are answered",
        Plant::Replace(
            "AND ?13 IS (SELECT i.token_hash FROM invitations i WHERE i.account_id = ?10 AND i.user_id = u.id)",
            "AND (?13 IS NULL OR 1)",
        ),
    ),
    bug("the last owner can go", Plant::Alter("FROM reach", |row| set(row, "last_owner", 0))),
    bug("higher roles are in reach", Plant::Alter("FROM reach", |row| set(row, "outranks", 0))),
    bug("a token is good for everything", {
        const SCOPES: &str = "two_factor:read two_factor:write reset users:read users:write audit:read";
        Plant::Alter("FROM api_tokens t JOIN people p", |row| set(row, "scopes", SCOPES))
    }),
    // Programs.
    bug("a revoked service token stays", Plant::Leave("DELETE FROM service_tokens WHERE id = ?1 AND EXISTS")),
    bug("a revoked service token is good for a minute", Plant::Keep("FROM service_tokens t JOIN accounts a")),
    bug(
        "a service token does not end",
        Plant::Replace("WHERE t.token_hash = ?1 AND t.expires_at > ?2", "WHERE t.token_hash = ?1 AND ?2 > 0"),
    ),
    bug(
        "a service token opens every path",
        Plant::Alter("FROM service_tokens t JOIN accounts a", |row| set(row, "paths", "/*")),
    ),
    bug(
        "a service token is good for every method",
        Plant::Alter("FROM service_tokens t JOIN accounts a", |row| set(row, "methods", "*")),
    ),
    bug(
        "admins revoke another account's service tokens",
        Plant::Replace(
            "JOIN service_tokens t ON t.account_id = m.account_id",
            "JOIN service_tokens t ON t.account_id IS NOT NULL",
        ),
    ),
    bug(
        "an invitation is for an owner, whoever made it",
        Plant::Replace("SELECT ?1, id, email, ?3, 'invited'", "SELECT ?1, id, email, ifnull('owner', ?3), 'invited'"),
    ),
    bug("an invitation is good twice", Plant::Leave("DELETE FROM invitations WHERE token_hash = ?1")),
    bug(
        "joining asks for the password alone",
        Plant::Both(
            &Plant::Alter("FROM visits", |row| {
                if row.get("pending") == Some(&0.into()) {
                    set(row, "second_factor", "totp");
                }
            }),
            &Plant::Replace("(s.second_factor IS NOT NULL OR NOT EXISTS", "(1 OR NOT EXISTS"),
        ),
    ),
    bug("an address is verified unread", Plant::Alter("FROM visits", |row| set(row, "email_proven_at", 1))),
    // Exemptions.
    bug(
        "an exemption that was ended goes on",
        Plant::Replace("SET exempt_until = ifnull(?3, ?6)", "SET exempt_until = ifnull(?3, max(exempt_until, ?6))"),
    ),
    bug(
        "an exemption goes before the sessions that were begun in it",
        Plant::Replace(
            "INDEXED BY memberships_exempt_end WHERE exempt_until <= ?1",
            "WHERE exempt_until <= ?1 + 86400000",
        ),
    ),
    // Power that ends.
    bug("a session counts again when power returns", Plant::Leave("INSERT INTO barred (session_id, account_id)")),
    bug(
        "a session that no longer counts is marked, and the mark is not read",
        Plant::Alter("FROM visits", |row| set(row, "barred", 0)),
    ),
    bug(
        "leaving one account signs a person out of all",
        Plant::Replace(
            "SELECT 1 FROM memberships m WHERE m.user_id = ?1 AND m.state = 'active' AND NOT EXISTS (",
            "SELECT 1 FROM memberships m WHERE 0 AND NOT EXISTS (",
        ),
    ),
    bug(
        "API tokens outlive their maker's power",
        Plant::Leave("DELETE FROM api_tokens\n             WHERE account_id = ?1 AND user_id = ?2"),
    ),
    bug(
        "links outlive their maker's power",
        Plant::Leave("DELETE FROM invitations\n             WHERE account_id = ?1 AND invited_by = ?2"),
    ),
    // The audit, and faults.
    bug("sign-ins are not written down", Plant::Leave("SELECT m.account_id, ?1, ?2, iif(r.result")),
    bug("an act and its row in the audit are two transactions", Plant::Tear("UPDATE accounts SET two_factor_required")),
    bug(
        "each sealing begins a new chain",
        Plant::Alter("SELECT e.*, coalesce(", |row| set(row, "previous", Json::Null)),
    ),
    bug("a failing database is read as an empty one", Plant::Swallow),
];
