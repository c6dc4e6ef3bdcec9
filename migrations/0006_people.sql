-- People belong to themselves: which addresses were proven, which power ended, who has a login where.
DROP VIEW reach;
DROP VIEW mandates;
DROP VIEW visits;
DROP VIEW people;
ALTER TABLE users ADD COLUMN email_proven_at INTEGER;
ALTER TABLE users ADD COLUMN codes_set TEXT NOT NULL DEFAULT '';
ALTER TABLE memberships ADD COLUMN name TEXT;
ALTER TABLE invitations ADD COLUMN invited_by TEXT;
ALTER TABLE authenticators ADD COLUMN burned_steps TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sessions RENAME COLUMN device TO browser;
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN stepped_up_at INTEGER;
-- Known browsers were cookies without rows. Each is known again after its next login.
UPDATE sessions SET browser = '';
DROP TABLE throttles;
-- An invitation depends on the power of its maker. It ends if the maker has lost that power or is unknown.
UPDATE invitations SET invited_by = (SELECT actor_id FROM audit WHERE audit.account_id = invitations.account_id AND target_id = invitations.user_id AND action = 'member_invited' AND result = 'ok' ORDER BY id DESC LIMIT 1);
DELETE FROM invitations WHERE NOT EXISTS (SELECT 1 FROM memberships maker JOIN memberships made ON made.account_id = maker.account_id WHERE maker.account_id = invitations.account_id AND maker.user_id = invitations.invited_by AND maker.state = 'active' AND maker.rank > 1 AND made.user_id = invitations.user_id AND made.rank <= maker.rank) AND (invited_by IS NOT NULL OR NOT EXISTS (SELECT 1 FROM audit WHERE audit.account_id = invitations.account_id AND target_id = invitations.user_id AND action = 'account_created'));
-- Resetting members becomes a scope of its own. Existing tokens keep it.
UPDATE api_tokens SET scopes = scopes || ' reset' WHERE ' ' || scopes || ' ' LIKE '% two_factor:write %';
CREATE INDEX IF NOT EXISTS invitations_by_maker ON invitations (account_id, invited_by);
CREATE TABLE IF NOT EXISTS barred (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  PRIMARY KEY (session_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS browsers (
  id         TEXT    NOT NULL PRIMARY KEY,
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT    NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS browsers_by_user ON browsers (user_id, created_at);
CREATE INDEX IF NOT EXISTS browsers_by_end ON browsers (expires_at);
CREATE TABLE IF NOT EXISTS code_attempts (
  id      TEXT    NOT NULL PRIMARY KEY,
  user_id TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  browser TEXT    NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS code_attempts_by_user ON code_attempts (user_id, at);
CREATE INDEX IF NOT EXISTS code_attempts_by_time ON code_attempts (at);
CREATE TABLE IF NOT EXISTS password_budgets (
  subject       TEXT    NOT NULL,
  source        TEXT    NOT NULL,
  failures      INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL,
  charge        TEXT    NOT NULL,
  updated_at    INTEGER NOT NULL,
  forgotten_at  INTEGER NOT NULL,
  PRIMARY KEY (subject, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS password_budgets_by_end ON password_budgets (forgotten_at);
CREATE TABLE IF NOT EXISTS floods (
  subject  TEXT    NOT NULL PRIMARY KEY,
  began_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  tried_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS floods_by_last ON floods (tried_at);
CREATE TABLE IF NOT EXISTS refusals (
  minute  INTEGER NOT NULL,
  network TEXT    NOT NULL,
  action  TEXT    NOT NULL,
  target  TEXT    NOT NULL,
  times   INTEGER NOT NULL,
  PRIMARY KEY (minute, network, action, target)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS key_checks (
  key_id TEXT NOT NULL PRIMARY KEY,
  mac    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS people AS
SELECT
  u.id AS user_id, u.email, u.email_proven_at, u.name, u.password_phc, u.password_key, u.two_factor_chosen, u.must_enrol,
  u.codes_kept, u.codes_set, u.code_failures,
  (SELECT count(*) FROM authenticators x WHERE x.user_id = u.id) AS authenticators,
  (SELECT count(*) FROM recovery_codes x WHERE x.user_id = u.id AND x.used_at IS NULL) AS recovery_codes_left,
  m.user_id IS NULL AND EXISTS (
    SELECT 1 FROM memberships w JOIN invitations i ON i.account_id = w.account_id AND i.user_id = w.user_id
    WHERE w.user_id = u.id AND w.state = 'invited'
  ) AS invited,
  m.account_id, a.name AS account_name, m.role, a.two_factor_required, a.required_since, a.applies
FROM users u
LEFT JOIN memberships m ON m.user_id = u.id AND m.state = 'active'
LEFT JOIN accounts a ON a.id = m.account_id;
CREATE VIEW IF NOT EXISTS concerned AS
SELECT u.id AS user_id, ifnull(m.account_id, '') AS account_id
FROM users u
LEFT JOIN memberships m ON m.user_id = u.id AND m.state <> 'invited';
CREATE VIEW IF NOT EXISTS standings AS
SELECT u.id AS user_id, json_array(
  u.must_enrol, u.two_factor_chosen, (SELECT count(*) FROM authenticators x WHERE x.user_id = u.id),
  (SELECT json_group_array(json_array(o.account_id, o.role, o.two_factor_required, o.required_since, o.applies)) FROM (
     SELECT m.account_id, m.role, a.two_factor_required, a.required_since, a.applies
     FROM memberships m JOIN accounts a ON a.id = m.account_id
     WHERE m.user_id = u.id AND m.state = 'active' ORDER BY m.account_id
   ) o)
) AS facts
FROM users u;
CREATE VIEW IF NOT EXISTS visits AS
SELECT
  s.token_hash, s.id AS session_id, s.pending, s.browser, s.network, s.return_to, s.attempts, s.password_at, s.second_factor,
  s.second_factor_at, s.reauthenticated_at, s.stepped_up_at, s.last_seen_at, s.expires_at,
  e.id AS enrolment_id, e.algorithm, e.digits, e.period_s, e.sealed_seed, e.seed_key, e.expires_at AS enrolment_expires_at,
  EXISTS (SELECT 1 FROM barred b WHERE b.session_id = s.id AND b.account_id = p.account_id) AS barred,
  p.*
FROM sessions s
JOIN people p ON p.user_id = s.user_id
LEFT JOIN enrolments e ON e.session_id = s.id;
CREATE VIEW IF NOT EXISTS mandates AS
SELECT s.token_hash AS credential, m.account_id, m.user_id, m.rank, m.rank AS makes
FROM sessions s
JOIN memberships m ON m.user_id = s.user_id AND m.state = 'active'
WHERE m.rank > 1 AND NOT EXISTS (SELECT 1 FROM barred b WHERE b.session_id = s.id AND b.account_id = m.account_id)
UNION ALL
SELECT t.token_hash, m.account_id, m.user_id, m.rank, CAST(1 AS INTEGER)
FROM api_tokens t
JOIN users u ON u.id = t.user_id AND u.must_enrol = 0
JOIN memberships m ON m.account_id = t.account_id AND m.user_id = t.user_id AND m.state = 'active'
WHERE m.rank > 1;
CREATE VIEW IF NOT EXISTS reach AS
SELECT *, json_array(actor_rank, rank, state, own, outranks, beyond, last_owner, must_enrol, factors, link) AS facts
FROM (
  SELECT
    g.credential, g.account_id, g.user_id AS actor_id, g.rank AS actor_rank, g.makes,
    m.user_id AS target_id, m.email, m.role, m.rank, m.state, m.user_id = g.user_id AS own, m.rank > g.rank AS outranks,
    EXISTS (
      SELECT 1 FROM memberships t
      WHERE t.user_id = m.user_id AND t.account_id <> m.account_id AND t.state <> 'invited' AND NOT EXISTS (
        SELECT 1 FROM mandates o
        WHERE o.credential = g.credential AND o.account_id = t.account_id AND o.rank >= t.rank
      )
    ) AS beyond,
    m.role = 'owner' AND m.state = 'active' AND NOT EXISTS (
      SELECT 1 FROM memberships o
      WHERE o.account_id = m.account_id AND o.state = 'active' AND o.role = 'owner' AND o.user_id <> m.user_id
    ) AS last_owner,
    (SELECT u.must_enrol FROM users u WHERE u.id = m.user_id) AS must_enrol,
    (SELECT json_group_array(x.id) FROM (SELECT id FROM authenticators WHERE user_id = m.user_id ORDER BY id) x) AS factors,
    (SELECT i.token_hash FROM invitations i WHERE i.account_id = m.account_id AND i.user_id = m.user_id) AS link
  FROM mandates g
  JOIN memberships m ON m.account_id = g.account_id
);
-- Rows that belong to no account are for nobody to read, and stay for 7 days.
DROP TRIGGER audit_begins_set;
DROP TRIGGER audit_begins_moved;
DROP VIEW audit_may_begin;
CREATE VIEW IF NOT EXISTS audit_may_begin AS
SELECT cut.account_id, cut.id AS row_id, cut.hash
FROM audit cut
JOIN audit told ON told.id = (SELECT max(id) FROM audit WHERE account_id = cut.account_id)
WHERE told.action = 'audit_trimmed' AND substr(told.detail, -64) = cut.hash AND told.at - cut.at >= iif(cut.account_id = '', 7, 30) * 86400000
  AND cut.id > ifnull((SELECT row_id FROM audit_begins WHERE account_id = cut.account_id), 0);
CREATE TRIGGER IF NOT EXISTS audit_begins_set BEFORE INSERT ON audit_begins WHEN NOT EXISTS (SELECT 1 FROM audit_may_begin WHERE (account_id, row_id, hash) = (new.account_id, new.row_id, new.hash)) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_begins_moved BEFORE UPDATE ON audit_begins WHEN NOT EXISTS (SELECT 1 FROM audit_may_begin WHERE (account_id, row_id, hash) = (new.account_id, new.row_id, new.hash)) OR old.account_id <> new.account_id BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
-- How far each audit is signed, and the public keys for it.
CREATE TABLE IF NOT EXISTS audit_checkpoints (
  account_id TEXT    NOT NULL,
  day        INTEGER NOT NULL,
  row_id     INTEGER NOT NULL,
  note       TEXT    NOT NULL,
  PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit_keys (
  id         TEXT    NOT NULL PRIMARY KEY,
  name       TEXT    NOT NULL,
  public_key TEXT    NOT NULL,
  verifier   TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS audit_keys_stay AFTER DELETE ON audit_keys BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_keys_do_not_change BEFORE UPDATE ON audit_keys BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_keys_replace_nothing BEFORE INSERT ON audit_keys WHEN EXISTS (SELECT 1 FROM audit_keys WHERE id = new.id AND verifier <> new.verifier) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
