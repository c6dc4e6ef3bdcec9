-- The whole D1 schema, as native tests and development apply it. migrations/ bring a deployed database to the same schema:
-- each change here goes there too, under the next number.
--
-- Times are Unix milliseconds in UTC. Ids are random and opaque. Nothing here opens anything by itself: passwords are
-- argon2id under a pepper, seeds are sealed, recovery codes and tokens are hashes; the keys are the Workers' secrets.

CREATE TABLE IF NOT EXISTS users (
  id                TEXT    NOT NULL PRIMARY KEY,
  email             TEXT    NOT NULL UNIQUE,            -- ASCII letters in lower case: one spelling, one user
  name              TEXT    NOT NULL,
  password_phc      TEXT,                               -- `$argon2id$…`; NULL until the user has set a password
  password_key      TEXT,                               -- id of the pepper the hash was made with
  two_factor_chosen INTEGER NOT NULL DEFAULT 0,         -- the user's own switch; counts only while no account requires 2FA
  must_enrol        INTEGER NOT NULL DEFAULT 0,         -- set by a reset: set up again, whatever the switches say
  codes_kept        TEXT    NOT NULL DEFAULT 'kept'     -- whether the user has shown that they saved the recovery codes
                    CHECK (codes_kept IN ('due', 'postponed', 'kept')),
  code_failures     INTEGER NOT NULL DEFAULT 0,         -- consecutive attempts; at the limit the authenticators are dead
  created_at        INTEGER NOT NULL,
  email_proven_at   INTEGER,                            -- when a link mailed to the address was followed; NULL: never
  codes_set         TEXT    NOT NULL DEFAULT '',        -- identifies the present set of recovery codes; changes with it
  language          TEXT,                               -- what they read when they last signed in, for mails; NULL: not known
  password_stopped_at INTEGER,                          -- when "This was not me" made the password worthless
  UNIQUE (id, email)
) STRICT;

CREATE INDEX IF NOT EXISTS users_locked ON users (id) WHERE code_failures >= 100;

CREATE TABLE IF NOT EXISTS accounts (
  id                  TEXT    NOT NULL PRIMARY KEY,
  name                TEXT    NOT NULL,
  two_factor_required INTEGER NOT NULL DEFAULT 0,
  required_since      INTEGER,                          -- when the requirement was last turned on
  applies             TEXT    NOT NULL DEFAULT 'next_login' CHECK (applies IN ('next_login', 'now')),
  created_at          INTEGER NOT NULL,
  members             INTEGER NOT NULL DEFAULT 0,       -- active ones; triggers keep this and the next
  enrolled            INTEGER NOT NULL DEFAULT 0,       -- how many of them have an authenticator
  chosen              INTEGER NOT NULL DEFAULT 0,       -- and how many of those have turned their own switch on
  starts_at           INTEGER                           -- from when on the requirement is enforced; NULL: at once
) STRICT;

CREATE TABLE IF NOT EXISTS memberships (
  account_id TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  user_id    TEXT    NOT NULL,
  email      TEXT    NOT NULL,                          -- the user's, kept equal by the foreign key, for sorted lists
  role       TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  rank       INTEGER NOT NULL AS (CASE role WHEN 'owner' THEN 3 WHEN 'admin' THEN 2 ELSE 1 END),
  state      TEXT    NOT NULL CHECK (state IN ('invited', 'active', 'inactive')),
  enrolled   INTEGER NOT NULL DEFAULT 0,                -- 1: has an authenticator, and has joined; triggers keep it
  created_at INTEGER NOT NULL,
  name       TEXT,                                      -- what this account calls the person; NULL: their own name
  chosen     INTEGER NOT NULL DEFAULT 0,                -- 1: enrolled, and their own switch is on; triggers keep it
  sought     TEXT,                                      -- what a search looks at: address and name in small letters, a space before
                                                        -- each; triggers keep it. NULL: not worked out yet, in older rows
  exempt_until INTEGER,                                 -- until when a requirement holds nobody who has no authenticator here
  exempt_why TEXT,                                      -- the reason that was given
  PRIMARY KEY (account_id, user_id),
  FOREIGN KEY (user_id, email) REFERENCES users (id, email) ON DELETE CASCADE ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS memberships_by_user ON memberships (user_id);
CREATE INDEX IF NOT EXISTS memberships_by_email ON memberships (account_id, email);
CREATE INDEX IF NOT EXISTS memberships_by_enrolment ON memberships (account_id, enrolled, email);
CREATE INDEX IF NOT EXISTS memberships_by_choice ON memberships (account_id, chosen, email);
CREATE INDEX IF NOT EXISTS memberships_unsought ON memberships (account_id) WHERE sought IS NULL;
CREATE INDEX IF NOT EXISTS memberships_exempt ON memberships (account_id, email) WHERE exempt_until IS NOT NULL;
CREATE INDEX IF NOT EXISTS memberships_exempt_end ON memberships (exempt_until) WHERE exempt_until IS NOT NULL;
CREATE INDEX IF NOT EXISTS memberships_by_role ON memberships (account_id, state, role);

-- Links that let people join an account. At most one each: a new one replaces the old, and joining uses it up.
CREATE TABLE IF NOT EXISTS invitations (
  account_id TEXT    NOT NULL,
  user_id    TEXT    NOT NULL,
  token_hash TEXT    NOT NULL UNIQUE,                   -- SHA-256 of the token in the link
  name       TEXT    NOT NULL,                          -- what the inviting admin calls the user
  expires_at INTEGER NOT NULL,
  invited_by TEXT,                                      -- user id of the admin whose power it depends on; NULL: the operator
  mailed     INTEGER NOT NULL DEFAULT 0,                -- 1: the link went to the address and to nobody else
  PRIMARY KEY (account_id, user_id),
  FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS invitations_by_maker ON invitations (account_id, invited_by);

-- A link that was mailed to the address that someone had before says nothing of the one they have. An address without an at sign
-- is that of a row in the making.
CREATE TRIGGER IF NOT EXISTS mailed_elsewhere AFTER UPDATE OF email ON users
WHEN old.email <> new.email AND instr(old.email, '@') > 0
BEGIN
  UPDATE invitations SET expires_at = 0
  WHERE account_id IN (SELECT account_id FROM memberships WHERE user_id = new.id) AND user_id = new.id AND mailed = 1;
END;

-- Keys to the admin API. Each can do what its maker can do at that moment, within its scopes.
CREATE TABLE IF NOT EXISTS api_tokens (
  token_hash   TEXT    NOT NULL PRIMARY KEY,            -- SHA-256 of the token, which is shown once
  id           TEXT    NOT NULL UNIQUE,
  account_id   TEXT    NOT NULL,
  user_id      TEXT    NOT NULL,                        -- who made it
  name         TEXT    NOT NULL,
  scopes       TEXT    NOT NULL,                        -- separated by spaces
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  last_used_at INTEGER,                                 -- written at most once a minute
  FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS api_tokens_by_account ON api_tokens (account_id, created_at);
CREATE INDEX IF NOT EXISTS api_tokens_by_user ON api_tokens (account_id, user_id);
CREATE INDEX IF NOT EXISTS api_tokens_by_end ON api_tokens (expires_at);

-- What programs get past the gate by: keys of an account, each for some paths and methods. They outlast whoever made them.
CREATE TABLE IF NOT EXISTS service_tokens (
  token_hash   TEXT    NOT NULL PRIMARY KEY,            -- SHA-256 of the token, which is shown once
  id           TEXT    NOT NULL UNIQUE,
  account_id   TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  made_by      TEXT    NOT NULL,                        -- user id, who may be gone since
  name         TEXT    NOT NULL,
  paths        TEXT    NOT NULL,                        -- as in PUBLIC_PATHS, separated by spaces
  methods      TEXT    NOT NULL,                        -- separated by spaces; `*`: all
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  last_used_at INTEGER                                  -- written at most once a minute
) STRICT;
CREATE INDEX IF NOT EXISTS service_tokens_by_account ON service_tokens (account_id, created_at);
CREATE INDEX IF NOT EXISTS service_tokens_by_end ON service_tokens (expires_at);

-- Authenticators that a code has confirmed. Each keeps its own parameters, so new defaults break none.
CREATE TABLE IF NOT EXISTS authenticators (
  id           TEXT    NOT NULL PRIMARY KEY,
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL,
  algorithm    TEXT    NOT NULL CHECK (algorithm IN ('SHA1', 'SHA256', 'SHA512')),
  digits       INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8),
  period_s     INTEGER NOT NULL CHECK (period_s > 0),
  sealed_seed  TEXT    NOT NULL,                        -- XChaCha20-Poly1305, bound to user, id and key
  seed_key     TEXT    NOT NULL,                        -- id of the key it is sealed with
  last_step    INTEGER NOT NULL,                        -- newest time step used; only later ones are accepted
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  burned_steps TEXT    NOT NULL DEFAULT '[]',           -- JSON: future steps that will not be accepted either
  UNIQUE (user_id, name)
) STRICT;
CREATE INDEX IF NOT EXISTS authenticators_by_key ON authenticators (seed_key);

-- `memberships.enrolled` follows every write. An account learns nothing about people who have not joined it yet.
CREATE TRIGGER IF NOT EXISTS enrolled_by_set_up AFTER INSERT ON authenticators BEGIN
  UPDATE memberships SET enrolled = 1 WHERE user_id = new.user_id AND state <> 'invited';
END;
CREATE TRIGGER IF NOT EXISTS enrolled_by_removal AFTER DELETE ON authenticators BEGIN
  UPDATE memberships SET enrolled = EXISTS (SELECT 1 FROM authenticators WHERE user_id = old.user_id)
  WHERE user_id = old.user_id AND state <> 'invited';
END;
CREATE TRIGGER IF NOT EXISTS enrolled_by_joining AFTER INSERT ON memberships WHEN new.state <> 'invited' BEGIN
  UPDATE memberships SET enrolled = EXISTS (SELECT 1 FROM authenticators WHERE user_id = new.user_id)
  WHERE account_id = new.account_id AND user_id = new.user_id;
END;
CREATE TRIGGER IF NOT EXISTS enrolled_by_state AFTER UPDATE OF state ON memberships BEGIN
  UPDATE memberships
  SET enrolled = new.state <> 'invited' AND EXISTS (SELECT 1 FROM authenticators WHERE user_id = new.user_id)
  WHERE account_id = new.account_id AND user_id = new.user_id;
END;

-- `memberships.chosen` follows that, and the person's switch. What the account requires is not in it: turning that on or off
-- writes one row, however many members there are.
CREATE TRIGGER IF NOT EXISTS chosen_by_enrolment AFTER UPDATE OF enrolled ON memberships
WHEN old.enrolled <> new.enrolled
BEGIN
  UPDATE memberships SET chosen = new.enrolled AND (SELECT two_factor_chosen FROM users WHERE id = new.user_id)
  WHERE account_id = new.account_id AND user_id = new.user_id;
END;
CREATE TRIGGER IF NOT EXISTS chosen_by_switch AFTER UPDATE OF two_factor_chosen ON users
WHEN old.two_factor_chosen <> new.two_factor_chosen
BEGIN
  UPDATE memberships SET chosen = enrolled AND new.two_factor_chosen WHERE user_id = new.id;
END;

-- An account's numbers follow its memberships one by one: no page counts a hundred thousand rows to show two numbers.
CREATE TRIGGER IF NOT EXISTS counted_by_joining AFTER INSERT ON memberships WHEN new.state = 'active' BEGIN
  UPDATE accounts SET members = members + 1, enrolled = enrolled + new.enrolled, chosen = chosen + new.chosen
  WHERE id = new.account_id;
END;
CREATE TRIGGER IF NOT EXISTS counted_by_change AFTER UPDATE OF state, enrolled, chosen ON memberships
WHEN old.state = 'active' OR new.state = 'active'
BEGIN
  UPDATE accounts
  SET members = members + (new.state = 'active') - (old.state = 'active'),
    enrolled = enrolled + (new.state = 'active') * new.enrolled - (old.state = 'active') * old.enrolled,
    chosen = chosen + (new.state = 'active') * new.chosen - (old.state = 'active') * old.chosen
  WHERE id = new.account_id;
END;
CREATE TRIGGER IF NOT EXISTS counted_by_leaving AFTER DELETE ON memberships WHEN old.state = 'active' BEGIN
  UPDATE accounts SET members = members - 1, enrolled = enrolled - old.enrolled, chosen = chosen - old.chosen
  WHERE id = old.account_id;
END;

-- Where in `memberships.sought` which three letters are, and of each word the first one: who has some letters is found by the
-- rarest of these, in any account, however large. (FTS5 would do it too, but D1 exports no database that has such a table.)
CREATE TABLE IF NOT EXISTS member_grams (
  account_id TEXT NOT NULL,
  gram       TEXT NOT NULL,
  email      TEXT NOT NULL,
  PRIMARY KEY (account_id, gram, email)
) STRICT, WITHOUT ROWID;

-- What `memberships.sought` should be. SQLite makes small letters of ASCII alone, so those of Latin, Greek, Cyrillic and
-- Armenian are counted out, each pair by how far it lies apart: the same as `folded` in Rust.
CREATE VIEW IF NOT EXISTS called AS
SELECT m.account_id, m.user_id, (
  WITH RECURSIVE n (i, plain) AS (
    SELECT 1, lower(' ' || m.email || ' ' || iif(m.state = 'invited',
      ifnull((SELECT i.name FROM invitations i WHERE i.account_id = m.account_id AND i.user_id = m.user_id), ''),
      ifnull(m.name, (SELECT u.name FROM users u WHERE u.id = m.user_id))))
    UNION ALL SELECT i + 1, plain FROM n WHERE i < length(plain)
  )
  SELECT group_concat(char(u + iif(u < 128, 0, iif(
    u BETWEEN 192 AND 222 AND u <> 215 OR u BETWEEN 913 AND 939 AND u <> 930 OR u BETWEEN 1040 AND 1071, 32, iif(
    u BETWEEN 1024 AND 1039, 80, iif(u BETWEEN 1329 AND 1366, 48, iif(
    u % 2 = 0 AND (u BETWEEN 256 AND 302 OR u BETWEEN 306 AND 310 OR u BETWEEN 330 AND 374 OR u BETWEEN 416 AND 420
      OR u BETWEEN 478 AND 494 OR u BETWEEN 504 AND 542 OR u BETWEEN 546 AND 562 OR u BETWEEN 1120 AND 1152
      OR u BETWEEN 1162 AND 1214 OR u BETWEEN 1232 AND 1326 OR u BETWEEN 7680 AND 7828 OR u BETWEEN 7840 AND 7934)
    OR u % 2 = 1 AND (u BETWEEN 313 AND 327 OR u BETWEEN 377 AND 381 OR u = 431 OR u BETWEEN 461 AND 475
      OR u BETWEEN 1217 AND 1229), 1, iif(u = 902, 38, iif(u BETWEEN 904 AND 906, 37, iif(u = 908, 64, iif(
    u IN (910, 911), 63, 0)))))))))), '')
  FROM (SELECT unicode(substr(plain, i, 1)) AS u FROM n)
) AS text
FROM memberships m;

-- `memberships.sought` follows whatever gives someone another name or address here, and `member_grams` follows that.
CREATE TRIGGER IF NOT EXISTS sought_by_joining AFTER INSERT ON memberships BEGIN
  UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id)
  WHERE account_id = new.account_id AND user_id = new.user_id;
END;
CREATE TRIGGER IF NOT EXISTS sought_by_change AFTER UPDATE OF state, name, email ON memberships BEGIN
  UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id)
  WHERE account_id = new.account_id AND user_id = new.user_id;
END;
CREATE TRIGGER IF NOT EXISTS sought_by_name AFTER UPDATE OF name ON users WHEN old.name <> new.name BEGIN
  UPDATE memberships SET sought = (
    SELECT text FROM called c WHERE c.account_id = memberships.account_id AND c.user_id = memberships.user_id)
  WHERE user_id = new.id;
END;
CREATE TRIGGER IF NOT EXISTS sought_by_invitation AFTER INSERT ON invitations BEGIN
  UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id)
  WHERE account_id = new.account_id AND user_id = new.user_id;
END;
CREATE TRIGGER IF NOT EXISTS sought_by_invited_name AFTER UPDATE OF name ON invitations WHEN old.name <> new.name BEGIN
  UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id)
  WHERE account_id = new.account_id AND user_id = new.user_id;
END;
CREATE TRIGGER IF NOT EXISTS sought_by_withdrawal AFTER DELETE ON invitations BEGIN
  UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = old.account_id AND user_id = old.user_id)
  WHERE account_id = old.account_id AND user_id = old.user_id;
END;
CREATE TRIGGER IF NOT EXISTS grams_before_change BEFORE UPDATE OF sought, email ON memberships
WHEN old.sought IS NOT new.sought OR old.email <> new.email
BEGIN
  DELETE FROM member_grams WHERE account_id = old.account_id AND email = old.email AND gram IN (
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < length(old.sought))
    SELECT substr(old.sought, i, 3) FROM n UNION ALL SELECT substr(old.sought, i, 2) FROM n WHERE substr(old.sought, i, 1) = ' ');
END;
CREATE TRIGGER IF NOT EXISTS grams_after_change AFTER UPDATE OF sought ON memberships WHEN new.sought <> ifnull(old.sought, '') BEGIN
  INSERT INTO member_grams (account_id, gram, email)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < length(new.sought))
  SELECT new.account_id, substr(new.sought, i, 3), new.email FROM n
  UNION SELECT new.account_id, substr(new.sought, i, 2), new.email FROM n WHERE substr(new.sought, i, 1) = ' '
  ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER IF NOT EXISTS grams_before_leaving BEFORE DELETE ON memberships BEGIN
  DELETE FROM member_grams WHERE account_id = old.account_id AND email = old.email AND gram IN (
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < length(old.sought))
    SELECT substr(old.sought, i, 3) FROM n UNION ALL SELECT substr(old.sought, i, 2) FROM n WHERE substr(old.sought, i, 1) = ' ');
END;

CREATE TABLE IF NOT EXISTS recovery_codes (
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  mac        TEXT    NOT NULL,                          -- HMAC-SHA-256 under the pepper
  used_at    INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, mac)
) STRICT, WITHOUT ROWID;

-- What a browser has proven. Each request decides from the present rows which stage that amounts to.
CREATE TABLE IF NOT EXISTS sessions (
  token_hash       TEXT    NOT NULL PRIMARY KEY,        -- SHA-256 of the cookie; replaced at every change of stage
  id               TEXT    NOT NULL UNIQUE,             -- stays the same for the session's life
  user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  site             TEXT    NOT NULL CHECK (site IN ('edge', 'admin')),
  pending          INTEGER NOT NULL,                    -- 1: password proven, second step still to come
  browser          TEXT    NOT NULL,                    -- id of the known browser it began in, or ''
  return_to        TEXT    NOT NULL,                    -- same-origin path to go to once signed in
  attempts         INTEGER NOT NULL DEFAULT 0,          -- codes tried in this login
  password_at      INTEGER NOT NULL,
  second_factor    TEXT    CHECK (second_factor IN ('totp', 'recovery')),
  second_factor_at INTEGER,
  reauthenticated_at INTEGER,                           -- when everything was last proven for the user's own pages
  last_seen_at     INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  ip               TEXT    NOT NULL,
  country          TEXT    NOT NULL,
  user_agent       TEXT    NOT NULL,
  network          TEXT    NOT NULL DEFAULT '',         -- where it began: an IPv4 address or an IPv6 /48
  stepped_up_at    INTEGER,                             -- when a second factor was last proven for the app
  previous_hash    TEXT,                                -- the token before, or the link that it was begun by
  replaced_at      INTEGER,                             -- when a re-authentication replaced it, where it still reads
  form             TEXT,                                -- the form that was done last: a MAC over all of it
  form_at          INTEGER,                             -- and when
  answer           TEXT,                                -- sealed for that form: the new token, and where it led
  shown            TEXT,                                -- sealed, each after a space: what is shown once, for its page
  shown_at         INTEGER,                             -- and since when
  waited           TEXT,                                -- the form that waited for that one, and was done after it
  told             INTEGER NOT NULL DEFAULT 0           -- 1: the outbox has that its code is overdue
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_by_previous ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_by_answer ON sessions (form_at) WHERE answer IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_by_shown ON sessions (shown_at) WHERE shown IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (expires_at);

-- A set-up that no code has confirmed yet. It belongs to one session, so nobody confirms a seed that another login saw.
CREATE TABLE IF NOT EXISTS enrolments (
  session_id  TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
  id          TEXT    NOT NULL UNIQUE,                  -- becomes the authenticator's id
  user_id     TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  algorithm   TEXT    NOT NULL,
  digits      INTEGER NOT NULL,
  period_s    INTEGER NOT NULL,
  sealed_seed TEXT    NOT NULL,
  seed_key    TEXT    NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS enrolments_by_user ON enrolments (user_id);
CREATE INDEX IF NOT EXISTS enrolments_by_end ON enrolments (expires_at);

-- Accounts where a session has lost its power for good: its user was demoted, deactivated or removed there since.
CREATE TABLE IF NOT EXISTS barred (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  PRIMARY KEY (session_id, account_id)
) STRICT, WITHOUT ROWID;

-- Browsers in which a user has completed a login, at most five for each user. They open nothing; attempts there are
-- counted apart.
CREATE TABLE IF NOT EXISTS browsers (
  id         TEXT    NOT NULL PRIMARY KEY,
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT    NOT NULL UNIQUE,                   -- SHA-256 of the cookie
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS browsers_by_user ON browsers (user_id, created_at);
CREATE INDEX IF NOT EXISTS browsers_by_end ON browsers (expires_at);

-- Codes that were wrong or are just being compared, a row each. The row is written before anything is compared, and
-- deleted if the code was right.
CREATE TABLE IF NOT EXISTS code_attempts (
  id      TEXT    NOT NULL PRIMARY KEY,
  user_id TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  browser TEXT    NOT NULL,                             -- as in sessions
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS code_attempts_by_user ON code_attempts (user_id, at);
CREATE INDEX IF NOT EXISTS code_attempts_by_time ON code_attempts (at);

-- Wrong passwords in a row for one address from one place. `charge` names the attempt that was admitted last: only the
-- transaction that wrote it may compare.
CREATE TABLE IF NOT EXISTS password_budgets (
  subject       TEXT    NOT NULL,                       -- the address typed, known or not: HMAC-SHA-256 under the pepper
  source        TEXT    NOT NULL,                       -- the network, or the known browser's id
  failures      INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL,
  charge        TEXT    NOT NULL,
  updated_at    INTEGER NOT NULL,
  forgotten_at  INTEGER NOT NULL,                       -- when the failures are forgotten, unless another comes first
  PRIMARY KEY (subject, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS password_budgets_by_end ON password_budgets (forgotten_at);

-- What is counted by the hour: wrong passwords for one address from everywhere, or from one network for every address; links
-- to a new password that were asked for, from one network for one address and for every address.
CREATE TABLE IF NOT EXISTS floods (
  subject  TEXT    NOT NULL PRIMARY KEY,                -- as above, or the network; of links, a MAC of that
  began_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  tried_at INTEGER NOT NULL                             -- when an attempt was last admitted
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS floods_by_last ON floods (tried_at);

-- How many wrong passwords there were, by minute, network and user. A known user's become one audit row each minute. What
-- an attempt writes does not depend on whether anyone has the address.
CREATE TABLE IF NOT EXISTS refusals (
  minute  INTEGER NOT NULL,                             -- Unix time in minutes
  network TEXT    NOT NULL,
  action  TEXT    NOT NULL,
  target  TEXT    NOT NULL,                             -- user id, or '' if nobody has the address
  times   INTEGER NOT NULL,
  PRIMARY KEY (minute, network, action, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refusals_by_target ON refusals (target, minute);

-- Lets the operator's commands check that someone holds one of the Workers' peppers. The admin Worker keeps it up to date.
CREATE TABLE IF NOT EXISTS key_checks (
  key_id TEXT NOT NULL PRIMARY KEY,
  mac    TEXT NOT NULL                                  -- HMAC-SHA-256 of the id under that key
) STRICT, WITHOUT ROWID;

-- Mails to send, each written with what it tells of. A link in one is derived from its id, and kept nowhere.
CREATE TABLE IF NOT EXISTS outbox (
  id         TEXT    NOT NULL PRIMARY KEY,              -- random; names the mail too (Message-ID)
  kind       TEXT    NOT NULL,                          -- which mail
  event      TEXT,                                      -- what it tells of, in the audit
  account_id TEXT,
  user_id    TEXT,                                      -- whom it is for; NULL: nobody has been looked up
  address    TEXT,                                      -- where to, if not to that user's: sealed, but an operator's test
  key_id     TEXT    NOT NULL,                          -- id of the pepper that its link is derived from
  language   TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  due_at     INTEGER NOT NULL,                          -- when it is sent, or sent again
  expires_at INTEGER NOT NULL,                          -- when it is given up
  attempts   INTEGER NOT NULL DEFAULT 0,
  unanswered INTEGER NOT NULL DEFAULT 0,                -- how many of them may have been taken
  lease      TEXT,                                      -- the attempt under way
  error      TEXT,                                      -- why the last one failed: never what a server said in words
  about      TEXT                                       -- of what no event tells: JSON
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_by_due ON outbox (due_at);
CREATE INDEX IF NOT EXISTS outbox_by_user ON outbox (user_id, kind) WHERE user_id IS NOT NULL;

-- What was mailed to people: links that work once.
CREATE TABLE IF NOT EXISTS links (
  token_hash TEXT    NOT NULL PRIMARY KEY,              -- SHA-256 of the token in the link
  kind       TEXT    NOT NULL,                          -- what it does
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email      TEXT    NOT NULL,                          -- where it was mailed to: sealed, if that is not the user's own so far
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  browser    TEXT    NOT NULL DEFAULT '',               -- the known browser that asked for it; '': a stranger, for all one knows
  used_at    INTEGER,                                   -- when it was used, or another of its kind in its place; NULL: not yet
  form       TEXT,                                      -- the form that used it: sent again, it gets the same answer
  about      TEXT    NOT NULL DEFAULT '',               -- the action that the notice tells of which it is in
  proven_at  INTEGER                                    -- of one that takes a change back: the address's `email_proven_at`
) STRICT;
CREATE INDEX IF NOT EXISTS links_by_user ON links (user_id, kind, created_at);
CREATE INDEX IF NOT EXISTS links_by_end ON links (expires_at);
CREATE INDEX IF NOT EXISTS links_by_email ON links (email) WHERE kind = 'email_undo' AND used_at IS NULL;

-- Addresses that were changed, and are kept for whom they belonged to, until `expires_at`.
CREATE VIEW IF NOT EXISTS reserved AS
SELECT email, user_id, created_at, expires_at FROM links WHERE kind = 'email_undo' AND used_at IS NULL;

-- Whoever makes a user, by an invitation or otherwise. A change of address looks for itself.
CREATE TRIGGER IF NOT EXISTS reserved_for_another BEFORE INSERT ON users
WHEN EXISTS (SELECT 1 FROM reserved WHERE email = new.email AND expires_at > new.created_at)
BEGIN
  SELECT RAISE(ABORT, 'the address can still be taken back');
END;

-- What happened. An event has a row in each account that it concerns, so that each account sees its own events and no
-- others. `hash` ties a row to all before it in its account: it is filled in later, in order, and never changes.
CREATE TABLE IF NOT EXISTS audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id TEXT    NOT NULL,                          -- '': belongs to no account
  event      TEXT    NOT NULL,                          -- random; the same in each account's row
  at         INTEGER NOT NULL,
  actor_id   TEXT,                                      -- NULL: someone unknown, or the operator
  token_id   TEXT,                                      -- the API token that the actor used
  target_id  TEXT,
  action     TEXT    NOT NULL,
  result     TEXT    NOT NULL,
  detail     TEXT    NOT NULL,                          -- the particulars: JSON, or ''; in old rows, English
  ip         TEXT    NOT NULL,
  country    TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  hash       TEXT,                                      -- SHA-256; NULL until sealed
  UNIQUE (event, account_id)
) STRICT;
CREATE INDEX IF NOT EXISTS audit_by_account ON audit (account_id, id);
CREATE INDEX IF NOT EXISTS audit_by_target ON audit (target_id, action, result, at);
CREATE INDEX IF NOT EXISTS audit_by_invitation ON audit (account_id, at) WHERE action = 'member_invited' AND result = 'ok';
CREATE INDEX IF NOT EXISTS audit_unsealed ON audit (account_id, id) WHERE hash IS NULL;

-- Where an account's audit begins once rows older than the operator's limit have gone: the last of those rows and its
-- seal, which the first remaining row was sealed after.
CREATE TABLE IF NOT EXISTS audit_begins (
  account_id TEXT    NOT NULL PRIMARY KEY,
  row_id     INTEGER NOT NULL,
  hash       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- A beginning only moves forward, to a sealed row that is 30 days older than the account's newest row, which records the
-- move. Rows that belong to no account are nobody's to read, and stay for 7 days.
CREATE VIEW IF NOT EXISTS audit_may_begin AS
SELECT cut.account_id, cut.id AS row_id, cut.hash
FROM audit cut
JOIN audit told ON told.id = (SELECT max(id) FROM audit WHERE account_id = cut.account_id)
WHERE told.action = 'audit_trimmed' AND iif(json_valid(told.detail), told.detail ->> 'sealed', NULL) = cut.hash AND told.at - cut.at >= iif(cut.account_id = '', 7, 30) * 86400000
  AND cut.id > ifnull((SELECT row_id FROM audit_begins WHERE account_id = cut.account_id), 0);

CREATE TRIGGER IF NOT EXISTS audit_begins_set BEFORE INSERT ON audit_begins
WHEN NOT EXISTS (SELECT 1 FROM audit_may_begin WHERE (account_id, row_id, hash) = (new.account_id, new.row_id, new.hash))
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER IF NOT EXISTS audit_begins_moved BEFORE UPDATE ON audit_begins
WHEN NOT EXISTS (SELECT 1 FROM audit_may_begin WHERE (account_id, row_id, hash) = (new.account_id, new.row_id, new.hash))
  OR old.account_id <> new.account_id
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER IF NOT EXISTS audit_begins_stays AFTER DELETE ON audit_begins BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER IF NOT EXISTS audit_stays AFTER DELETE ON audit
WHEN old.hash IS NULL
  OR NOT EXISTS (SELECT 1 FROM audit_begins WHERE account_id = old.account_id AND row_id >= old.id)
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- INSERT OR REPLACE would delete rows without firing the trigger above.
CREATE TRIGGER IF NOT EXISTS audit_replaces_nothing BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = new.id)
  OR EXISTS (SELECT 1 FROM audit WHERE event = new.event AND account_id = new.account_id)
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER IF NOT EXISTS audit_is_sealed_once BEFORE UPDATE ON audit
WHEN old.hash IS NOT NULL OR new.hash IS NULL
  OR (old.id, old.account_id, old.event, old.at, old.action, old.result, old.detail, old.ip, old.country, old.request_id)
    <> (new.id, new.account_id, new.event, new.at, new.action, new.result, new.detail, new.ip, new.country, new.request_id)
  OR old.actor_id IS NOT new.actor_id OR old.token_id IS NOT new.token_id OR old.target_id IS NOT new.target_id
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- How far each account's audit is signed: the last note of each day. An account's newest note stays.
CREATE TABLE IF NOT EXISTS audit_checkpoints (
  account_id TEXT    NOT NULL,
  day        INTEGER NOT NULL,                          -- Unix time in days
  row_id     INTEGER NOT NULL,                          -- the last row that it signs
  note       TEXT    NOT NULL,                          -- C2SP signed-note
  PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

-- The public keys of these notes, every one that the admin Worker has ever had. None goes, so that old signatures can
-- always be checked.
CREATE TABLE IF NOT EXISTS audit_keys (
  id         TEXT    NOT NULL PRIMARY KEY,              -- as notes name it
  name       TEXT    NOT NULL,
  public_key TEXT    NOT NULL,                          -- Ed25519, in base64
  verifier   TEXT    NOT NULL,                          -- all three in one word, as note verifiers take them
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS audit_keys_stay AFTER DELETE ON audit_keys BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER IF NOT EXISTS audit_keys_do_not_change BEFORE UPDATE ON audit_keys BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER IF NOT EXISTS audit_keys_replace_nothing BEFORE INSERT ON audit_keys
WHEN EXISTS (SELECT 1 FROM audit_keys WHERE id = new.id AND verifier <> new.verifier)
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- A person's own: what was done to their login, and whole sign-ins in a browser that was not known. One event, one mail, however many
-- accounts it concerns.
CREATE TRIGGER IF NOT EXISTS noticed_by_person AFTER INSERT ON audit WHEN new.result = 'ok' AND new.target_id IS NOT NULL AND (
  new.action IN ('enrol', 'recovery', 'recovery_codes', 'password', 'password_reset', 'two_factor_enabled', 'two_factor_disabled',
    'authenticator_removed', 'two_factor_reset', 'break_glass', 'member_changed', 'member_removed', 'not_me', 'password_restored', 'exempted',
    'exemption_ended')
  OR new.action = 'reauth' AND iif(json_valid(new.detail), new.detail ->> 'recovery_code', 0)
  OR new.action IN ('login', 'verify')
    AND EXISTS (SELECT 1 FROM browsers b WHERE b.user_id = new.target_id AND b.created_at = new.at)
) BEGIN
  INSERT OR IGNORE INTO outbox (id, kind, event, account_id, user_id, key_id, language, created_at, due_at, expires_at)
  SELECT new.event, 'notice', new.event, iif(new.action IN ('member_changed', 'member_removed', 'exempted', 'exemption_ended'), new.account_id, NULL), u.id, '',
    '', new.at, new.at, new.at + 86400000
  FROM users u WHERE u.id = new.target_id;
END;

-- What the admins of an account are told, but for whoever it is about.
CREATE TRIGGER IF NOT EXISTS noticed_by_admins AFTER INSERT ON audit WHEN new.account_id <> ''
  AND (new.action = 'alert' OR new.result = 'ok' AND new.action IN ('policy', 'break_glass', 'not_me', 'email_undone')) BEGIN
  INSERT OR IGNORE INTO outbox (id, kind, event, account_id, user_id, key_id, language, created_at, due_at, expires_at)
  SELECT new.event || '.' || m.account_id || '.' || m.user_id, 'admin_notice', new.event, m.account_id, m.user_id, '',
    '', new.at, new.at, new.at + 86400000
  FROM memberships m JOIN users u ON u.id = m.user_id
  WHERE m.account_id = new.account_id AND m.state = 'active' AND m.role IN ('owner', 'admin') AND m.user_id IS NOT new.target_id;
END;

-- A right password, and no valid code: three minutes after it, or as soon as its five tries are spent. A session that goes before
-- that, however it ends, leaves the mail behind.
CREATE TRIGGER IF NOT EXISTS unfinished_by_end AFTER DELETE ON sessions
  WHEN old.pending = 1 AND old.told = 0 AND old.second_factor IS NULL
  AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = old.user_id) BEGIN
  INSERT OR IGNORE INTO outbox (id, kind, user_id, key_id, language, created_at, due_at, expires_at, about)
  SELECT old.id, 'unfinished', u.id, '', '', old.created_at, old.created_at + 180000, old.created_at + 86400000,
    json_object('ip', old.ip, 'country', old.country, 'user_agent', old.user_agent, 'network', old.network, 'browser', old.browser)
  FROM users u WHERE u.id = old.user_id;
END;
CREATE TRIGGER IF NOT EXISTS unfinished_by_tries AFTER UPDATE OF attempts ON sessions
  WHEN new.pending = 1 AND new.told = 0 AND new.second_factor IS NULL AND new.attempts >= 5
  AND EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = new.user_id) BEGIN
  INSERT OR IGNORE INTO outbox (id, kind, user_id, key_id, language, created_at, due_at, expires_at, about)
  SELECT new.id, 'unfinished', u.id, '', '', new.created_at, new.last_seen_at, new.created_at + 86400000,
    json_object('ip', new.ip, 'country', new.country, 'user_agent', new.user_agent, 'network', new.network, 'browser', new.browser)
  FROM users u WHERE u.id = new.user_id;
  UPDATE sessions SET told = 1 WHERE id = new.id;
END;

-- One row for each account that a user belongs to (one row with NULLs if there is none): everything that the policy looks
-- at. People who have not joined yet, or were deactivated, do not belong. `invited`: belongs nowhere so far, but has an
-- invitation.
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
  m.account_id, a.name AS account_name, m.role, a.two_factor_required, a.required_since, a.applies, a.starts_at, m.exempt_until
FROM users u
LEFT JOIN memberships m ON m.user_id = u.id AND m.state = 'active'
LEFT JOIN accounts a ON a.id = m.account_id;

-- The accounts concerned when something happens to a user: those they have joined, deactivated or not; without any, `''`.
CREATE VIEW IF NOT EXISTS concerned AS
SELECT u.id AS user_id, ifnull(m.account_id, '') AS account_id
FROM users u
LEFT JOIN memberships m ON m.user_id = u.id AND m.state <> 'invited';

-- Every fact that decides a login, except the password, as one text. It is compared again where the session is written.
CREATE VIEW IF NOT EXISTS standings AS
SELECT u.id AS user_id, json_array(
  u.must_enrol, u.two_factor_chosen, (SELECT count(*) FROM authenticators x WHERE x.user_id = u.id),
  (SELECT json_group_array(json_array(o.account_id, o.role, o.two_factor_required, o.required_since, o.applies,
     o.starts_at, o.exempt_until)) FROM (
     SELECT m.account_id, m.role, a.two_factor_required, a.required_since, a.applies, a.starts_at, m.exempt_until
     FROM memberships m JOIN accounts a ON a.id = m.account_id
     WHERE m.user_id = u.id AND m.state = 'active' ORDER BY m.account_id
   ) o)
) AS facts
FROM users u;

-- Sessions with their user and the set-up begun in them. Queries add the time that decides whether one is still alive.
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

-- Who has power in which account at this moment, by session or by API token. Every change by an admin is guarded by one of
-- these rows in the same transaction. `makes`: the highest rank that it can give to anyone. A token makes members only (with
-- a CAST, because the planner would not look into a view whose column has two types).
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

-- What a mandate can reach: every member of its account. `outranks`: the member has a higher role here than the actor.
-- `beyond`: the member has also joined an account where this mandate has no power over them. A second factor opens all of
-- them, so this account alone may not take it away. `facts`: everything that a decision rests on and everything that an act
-- changes; the act is done only if they still hold.
CREATE VIEW IF NOT EXISTS reach AS
SELECT *, json_array(actor_rank, rank, state, own, outranks, beyond, last_owner, must_enrol, factors, link, called) AS facts
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
    (SELECT i.token_hash FROM invitations i WHERE i.account_id = m.account_id AND i.user_id = m.user_id) AS link,
    ifnull((SELECT i.name FROM invitations i WHERE i.account_id = m.account_id AND i.user_id = m.user_id), m.name) AS called
  FROM mandates g
  JOIN memberships m ON m.account_id = g.account_id
);
