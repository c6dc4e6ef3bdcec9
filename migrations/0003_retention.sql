-- Audit rows older than the limit of the operator go. The seal of the last of them stays, as the beginning of the rest.
CREATE INDEX api_tokens_by_end ON api_tokens (expires_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX enrolments_by_end ON enrolments (expires_at);
CREATE INDEX throttles_by_last ON throttles (updated_at);

DROP TRIGGER audit_stays;

CREATE TABLE audit_begins (
  account_id TEXT    NOT NULL PRIMARY KEY,
  row_id     INTEGER NOT NULL,
  hash       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW audit_may_begin AS
SELECT cut.account_id, cut.id AS row_id, cut.hash
FROM audit cut
JOIN audit told ON told.id = (SELECT max(id) FROM audit WHERE account_id = cut.account_id)
WHERE told.action = 'audit_trimmed' AND substr(told.detail, -64) = cut.hash AND told.at - cut.at >= 30 * 86400000
  AND cut.id > ifnull((SELECT row_id FROM audit_begins WHERE account_id = cut.account_id), 0);

CREATE TRIGGER audit_begins_set BEFORE INSERT ON audit_begins WHEN NOT EXISTS (SELECT 1 FROM audit_may_begin WHERE (account_id, row_id, hash) = (new.account_id, new.row_id, new.hash)) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_begins_moved BEFORE UPDATE ON audit_begins WHEN NOT EXISTS (SELECT 1 FROM audit_may_begin WHERE (account_id, row_id, hash) = (new.account_id, new.row_id, new.hash)) OR old.account_id <> new.account_id BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_begins_stays AFTER DELETE ON audit_begins BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE TRIGGER audit_stays AFTER DELETE ON audit WHEN old.hash IS NULL OR NOT EXISTS (SELECT 1 FROM audit_begins WHERE account_id = old.account_id AND row_id >= old.id) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_replaces_nothing BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = new.id) OR EXISTS (SELECT 1 FROM audit WHERE event = new.event AND account_id = new.account_id) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
