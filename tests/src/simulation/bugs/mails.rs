//! Bugs in what mails bring about, and in who is told.

use super::*;

/// All of them.
pub const BUGS: &[Bug] = &[
    // Links to a new password.
    bug("a link to a new password works twice", Plant::Leave("UPDATE links SET used_at = ?3, form")),
    bug(
        "a link to a new password lives an hour",
        Plant::Both(
            &Plant::Replace(
                "AND (l.used_at IS NULL AND l.expires_at > ?3",
                "AND (l.used_at IS NULL AND l.expires_at + 1800000 > ?3",
            ),
            &Plant::Replace(
                "l.used_at IS NULL AND l.expires_at > ?2 AND u.id",
                "l.used_at IS NULL AND l.expires_at + 1800000 > ?2 AND u.id",
            ),
        ),
    ),
    bug(
        "a link of another kind sets a password",
        Plant::Both(
            &Plant::Replace("l.kind = ?2\n           AND (l.used_at", "?2 <> ''\n           AND (l.used_at"),
            &Plant::Replace("l.kind = ?7 AND l.used_at", "?7 <> '' AND l.used_at"),
        ),
    ),
    bug(
        "sessions outlive a password set by mail",
        Plant::Beside("UPDATE users SET password_phc", "DELETE FROM sessions WHERE EXISTS"),
    ),
    bug(
        "a password set by mail drops the second factor",
        Plant::Replace(
            "SET password_phc = ?3, password_key = ?4, password_stopped_at",
            "SET two_factor_chosen = 0, password_phc = ?3, password_key = ?4, password_stopped_at",
        ),
    ),
    bug(
        "strangers fill a mailbox with links",
        Plant::Replace("< iif(?10 > (SELECT count(*) FROM links l", "< 1000 + iif(?10 > (SELECT count(*) FROM links l"),
    ),
    // Another address.
    bug(
        "an address that its person can have back is someone else's",
        Plant::Replace("AND r.expires_at > ?2 AND r.user_id <> u.id)", "AND r.expires_at > ?2 AND r.user_id = '')"),
    ),
    bug(
        "a later way back ends an earlier one",
        Plant::Replace("created_at >= (SELECT created_at FROM links WHERE token_hash = ?4)", "?4 <> ''"),
    ),
    bug(
        "whoever comes back by themselves can be taken away again",
        Plant::Leave("UPDATE links SET used_at = ?4 WHERE"),
    ),
    bug(
        "a password outlives a change that is undone",
        Plant::Replace(
            "email = ?4, password_phc = ?5,",
            "email = ?4, password_phc = iif(?5 IS NULL, NULL, password_phc),",
        ),
    ),
    bug("a login under way outlives a changed address", Plant::Replace("AND u.email = ?19", "AND ?19 <> ''")),
    bug(
        "a link that was handed over proves its address",
        Plant::Both(
            &Plant::Alter("i.name, i.mailed, a.two_factor_required", |row| set(row, "mailed", 1)),
            &Plant::Replace("WHERE token_hash = ?1 AND mailed = 1)", "WHERE token_hash = ?1)"),
        ),
    ),
    bug(
        "a link that is shown to whoever invites counts as mailed",
        Plant::Replace("?4, ?5, e.actor_id, ?7", "?4, ?5, e.actor_id, ?7 IS NOT NULL"),
    ),
    bug(
        "starting over takes no mailed link",
        Plant::Both(
            &Plant::Alter("i.name, i.mailed, a.two_factor_required", |row| set(row, "mailed", 1)),
            &Plant::Replace("i.mailed = 1 AND u.email_proven_at IS NULL", "u.email_proven_at IS NULL"),
        ),
    ),
    bug(
        "who has proven their address is started over",
        Plant::Both(
            &Plant::Alter("SELECT * FROM people WHERE user_id = (SELECT user_id FROM invitations", |row| {
                set(row, "email_proven_at", Json::Null);
            }),
            &Plant::Replace("AND u.email_proven_at IS NULL", "AND u.id IS NOT NULL"),
        ),
    ),
    bug(
        "an account is not told that a login was started over",
        Plant::Replace(
            "JOIN accounts a ON a.id = i.account_id\n                 JOIN concerned c ON c.user_id = u.id",
            "JOIN (SELECT '' AS account_id) c ON u.id IS NOT NULL JOIN accounts a ON a.id = i.account_id",
        ),
    ),
    // "This was not me".
    bug(
        "a login under way begins with a password that was stopped",
        Plant::Replace("u.email = ?19 AND u.password_stopped_at IS NULL", "u.email = ?19"),
    ),
    bug(
        "a login is stopped twice in a day",
        Plant::Replace("o.kind = ?8 AND o.used_at > ?2 - ?10", "o.kind = ?8 AND ?10 < 0"),
    ),
    bug(
        "the link of a notice is not used up",
        Plant::Leave(
            "UPDATE links SET used_at = ?3 WHERE EXISTS (SELECT 1 FROM audit WHERE event = ?2) AND token_hash",
        ),
    ),
    bug(
        "sessions outlive their password that is stopped",
        Plant::Beside("UPDATE users SET password_stopped_at = ?3", "DELETE FROM sessions WHERE EXISTS"),
    ),
    // Notices.
    bug("people are not told what happens to their login", Plant::Drop("noticed_by_person")),
    bug("admins are not told what concerns their account", Plant::Drop("noticed_by_admins")),
    bug("nobody is told of a login that ends without its code", Plant::Drop("unfinished_by_end")),
    bug("a mail that was taken is sent again", Plant::Leave("DELETE FROM outbox WHERE id = ?1 AND lease IS ?2")),
    // Days to come.
    bug("a day is announced to nobody", Plant::Leave("o.id || '.' || p.user_id || '.' || o.event")),
    bug(
        "there is no announcement of a day",
        Plant::Leave("json_object('starts_at', CAST(?6 AS INTEGER), 'after', '')"),
    ),
    bug(
        "a day that is taken back is announced all the same",
        Plant::Leave("DELETE FROM outbox WHERE id = ?1 AND EXISTS ("),
    ),
    bug(
        "a day is announced to whoever has set it up",
        Plant::Both(
            &Plant::Replace("AND m.enrolled = 0 AND m.email > ?2", "AND m.email > ?2"),
            &Plant::Replace(
                "AND m.enrolled = 0\n           AND a.two_factor_required = 1 AND a.starts_at = CAST",
                "AND a.two_factor_required = 1 AND a.starts_at = CAST",
            ),
        ),
    ),
];
