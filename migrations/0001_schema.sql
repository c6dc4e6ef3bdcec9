CREATE TABLE IF NOT EXISTS users (
  id                TEXT    NOT NULL PRIMARY KEY,
  email             TEXT    NOT NULL UNIQUE,
  name              TEXT    NOT NULL,
  password_phc      TEXT,
  password_key      TEXT,
  two_factor_chosen INTEGER NOT NULL DEFAULT 0,
  must_enrol        INTEGER NOT NULL DEFAULT 0,
  codes_kept        TEXT    NOT NULL DEFAULT 'kept'
                    CHECK (codes_kept IN ('due', 'postponed', 'kept')),
  code_failures     INTEGER NOT NULL DEFAULT 0,
  created_at        INTEGER NOT NULL,
  UNIQUE (id, email)
) STRICT;

CREATE TABLE IF NOT EXISTS accounts (
  id                  TEXT    NOT NULL PRIMARY KEY,
  name                TEXT    NOT NULL,
  two_factor_required INTEGER NOT NULL DEFAULT 0,
  required_since      INTEGER,
  applies             TEXT    NOT NULL DEFAULT 'next_login' CHECK (applies IN ('next_login', 'now')),
  created_at          INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS memberships (
  account_id TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  user_id    TEXT    NOT NULL,
  email      TEXT    NOT NULL,
  role       TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  rank       INTEGER NOT NULL AS (CASE role WHEN 'owner' THEN 3 WHEN 'admin' THEN 2 ELSE 1 END),
  state      TEXT    NOT NULL CHECK (state IN ('invited', 'active', 'inactive')),
  enrolled   INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, user_id),
  FOREIGN KEY (user_id, email) REFERENCES users (id, email) ON DELETE CASCADE ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS memberships_by_user ON memberships (user_id);
CREATE INDEX IF NOT EXISTS memberships_by_email ON memberships (account_id, email);
CREATE INDEX IF NOT EXISTS memberships_by_enrolment ON memberships (account_id, enrolled, email);
CREATE INDEX IF NOT EXISTS memberships_counted ON memberships (account_id, state, enrolled);
CREATE INDEX IF NOT EXISTS memberships_by_role ON memberships (account_id, state, role);

CREATE TABLE IF NOT EXISTS invitations (
  account_id TEXT    NOT NULL,
  user_id    TEXT    NOT NULL,
  token_hash TEXT    NOT NULL UNIQUE,
  name       TEXT    NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, user_id),
  FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS api_tokens (
  token_hash   TEXT    NOT NULL PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  account_id   TEXT    NOT NULL,
  user_id      TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  scopes       TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS api_tokens_by_account ON api_tokens (account_id, created_at);
CREATE INDEX IF NOT EXISTS api_tokens_by_user ON api_tokens (account_id, user_id);

CREATE TABLE IF NOT EXISTS authenticators (
  id           TEXT    NOT NULL PRIMARY KEY,
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  algorithm    TEXT    NOT NULL CHECK (algorithm IN ('SHA1', 'SHA256', 'SHA512')),
  digits       INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8),
  period_s     INTEGER NOT NULL CHECK (period_s > 0),
  sealed_seed  TEXT    NOT NULL,
  seed_key     TEXT    NOT NULL,
  last_step    INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  UNIQUE (user_id, name)
) STRICT;

CREATE TRIGGER IF NOT EXISTS enrolled_by_set_up AFTER INSERT ON authenticators BEGIN UPDATE memberships SET enrolled = 1 WHERE user_id = new.user_id AND state <> 'invited'; END;
CREATE TRIGGER IF NOT EXISTS enrolled_by_removal AFTER DELETE ON authenticators BEGIN UPDATE memberships SET enrolled = EXISTS (SELECT 1 FROM authenticators WHERE user_id = old.user_id) WHERE user_id = old.user_id AND state <> 'invited'; END;
CREATE TRIGGER IF NOT EXISTS enrolled_by_joining AFTER INSERT ON memberships WHEN new.state <> 'invited' BEGIN UPDATE memberships SET enrolled = EXISTS (SELECT 1 FROM authenticators WHERE user_id = new.user_id) WHERE account_id = new.account_id AND user_id = new.user_id; END;
CREATE TRIGGER IF NOT EXISTS enrolled_by_state AFTER UPDATE OF state ON memberships BEGIN UPDATE memberships SET enrolled = new.state <> 'invited' AND EXISTS (SELECT 1 FROM authenticators WHERE user_id = new.user_id) WHERE account_id = new.account_id AND user_id = new.user_id; END;

CREATE TABLE IF NOT EXISTS recovery_codes (
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  mac        TEXT    NOT NULL,
  used_at    INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, mac)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sessions (
  token_hash       TEXT    NOT NULL PRIMARY KEY,
  id               TEXT    NOT NULL UNIQUE,
  user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  site             TEXT    NOT NULL CHECK (site IN ('edge', 'admin')),
  pending          INTEGER NOT NULL,
  device           TEXT    NOT NULL,
  return_to        TEXT    NOT NULL,
  attempts         INTEGER NOT NULL DEFAULT 0,
  password_at      INTEGER NOT NULL,
  second_factor    TEXT    CHECK (second_factor IN ('totp', 'recovery')),
  second_factor_at INTEGER,
  reauthenticated_at INTEGER,
  last_seen_at     INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  ip               TEXT    NOT NULL,
  country          TEXT    NOT NULL,
  user_agent       TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_by_user ON sessions (user_id, created_at);

CREATE TABLE IF NOT EXISTS enrolments (
  session_id  TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
  id          TEXT    NOT NULL UNIQUE,
  user_id     TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  algorithm   TEXT    NOT NULL,
  digits      INTEGER NOT NULL,
  period_s    INTEGER NOT NULL,
  sealed_seed TEXT    NOT NULL,
  seed_key    TEXT    NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS enrolments_by_user ON enrolments (user_id);

CREATE TABLE IF NOT EXISTS throttles (
  scope         TEXT    NOT NULL CHECK (scope IN ('password', 'code')),
  subject       TEXT    NOT NULL,
  device        TEXT    NOT NULL,
  failures      INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL,
  charge        TEXT    NOT NULL,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (scope, subject, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id TEXT    NOT NULL,
  event      TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  actor_id   TEXT,
  token_id   TEXT,
  target_id  TEXT,
  action     TEXT    NOT NULL,
  result     TEXT    NOT NULL,
  detail     TEXT    NOT NULL,
  ip         TEXT    NOT NULL,
  country    TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  hash       TEXT,
  UNIQUE (event, account_id)
) STRICT;
CREATE INDEX IF NOT EXISTS audit_by_account ON audit (account_id, id);
CREATE INDEX IF NOT EXISTS audit_by_target ON audit (target_id, action, at);
CREATE INDEX IF NOT EXISTS audit_unsealed ON audit (account_id, id) WHERE hash IS NULL;

CREATE TRIGGER IF NOT EXISTS audit_stays AFTER DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_sealed_once BEFORE UPDATE ON audit WHEN old.hash IS NOT NULL OR new.hash IS NULL OR (old.id, old.account_id, old.event, old.at, old.action, old.result, old.detail, old.ip, old.country, old.request_id) <> (new.id, new.account_id, new.event, new.at, new.action, new.result, new.detail, new.ip, new.country, new.request_id) OR old.actor_id IS NOT new.actor_id OR old.token_id IS NOT new.token_id OR old.target_id IS NOT new.target_id BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE VIEW IF NOT EXISTS people AS
SELECT
  u.id AS user_id, u.email, u.name, u.password_phc, u.password_key, u.two_factor_chosen, u.must_enrol,
  u.codes_kept, u.code_failures,
  (SELECT count(*) FROM authenticators x WHERE x.user_id = u.id) AS authenticators,
  (SELECT count(*) FROM recovery_codes x WHERE x.user_id = u.id AND x.used_at IS NULL) AS recovery_codes_left,
  m.account_id, a.name AS account_name, m.role, a.two_factor_required, a.required_since, a.applies
FROM users u
LEFT JOIN memberships m ON m.user_id = u.id AND m.state = 'active'
LEFT JOIN accounts a ON a.id = m.account_id;

CREATE VIEW IF NOT EXISTS visits AS
SELECT
  s.token_hash, s.id AS session_id, s.pending, s.device, s.return_to, s.attempts, s.password_at, s.second_factor,
  s.reauthenticated_at, s.last_seen_at, s.expires_at,
  e.id AS enrolment_id, e.algorithm, e.digits, e.period_s, e.sealed_seed, e.seed_key, e.expires_at AS enrolment_expires_at,
  t.charge, t.blocked_until,
  p.*
FROM sessions s
JOIN people p ON p.user_id = s.user_id
LEFT JOIN enrolments e ON e.session_id = s.id
LEFT JOIN throttles t ON t.scope = 'code' AND t.subject = s.user_id AND t.device = s.device;

CREATE VIEW IF NOT EXISTS mandates AS
SELECT s.token_hash AS credential, m.account_id, m.user_id, m.rank
FROM sessions s
JOIN memberships m ON m.user_id = s.user_id AND m.state = 'active'
WHERE m.rank > 1
UNION ALL
SELECT t.token_hash, m.account_id, m.user_id, m.rank
FROM api_tokens t
JOIN users u ON u.id = t.user_id AND u.must_enrol = 0
JOIN memberships m ON m.account_id = t.account_id AND m.user_id = t.user_id AND m.state = 'active'
WHERE m.rank > 1;

CREATE VIEW IF NOT EXISTS reach AS
SELECT *, actor_rank || rank || state || own || outranks || elsewhere || last_owner AS facts
FROM (
  SELECT
    g.credential, g.account_id, g.user_id AS actor_id, g.rank AS actor_rank,
    m.user_id AS target_id, m.email, m.role, m.rank, m.state, m.user_id = g.user_id AS own,
    EXISTS (
      SELECT 1 FROM memberships t
      LEFT JOIN memberships a ON a.account_id = t.account_id AND a.user_id = g.user_id AND a.state = 'active'
      WHERE t.user_id = m.user_id AND t.state <> 'invited' AND t.rank > ifnull(a.rank, 1)
    ) AS outranks,
    EXISTS (
      SELECT 1 FROM memberships t WHERE t.user_id = m.user_id AND t.account_id <> m.account_id AND t.state <> 'invited'
    ) AS elsewhere,
    m.role = 'owner' AND m.state = 'active' AND NOT EXISTS (
      SELECT 1 FROM memberships o
      WHERE o.account_id = m.account_id AND o.state = 'active' AND o.role = 'owner' AND o.user_id <> m.user_id
    ) AS last_owner
  FROM mandates g
  JOIN memberships m ON m.account_id = g.account_id
);
