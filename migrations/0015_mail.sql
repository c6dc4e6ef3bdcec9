-- Mails, the links in them, and which invitations went by mail.
ALTER TABLE invitations ADD COLUMN mailed INTEGER NOT NULL DEFAULT 0;
-- Mails to send, each written with what it tells of. A link in one is derived from its id, and kept nowhere.
CREATE TABLE IF NOT EXISTS outbox (
  id         TEXT    NOT NULL PRIMARY KEY,
  kind       TEXT    NOT NULL,
  event      TEXT,
  account_id TEXT,
  user_id    TEXT,
  address    TEXT,
  key_id     TEXT    NOT NULL,
  language   TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  due_at     INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0,
  unanswered INTEGER NOT NULL DEFAULT 0,
  lease      TEXT,
  error      TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_by_due ON outbox (due_at);
CREATE INDEX IF NOT EXISTS outbox_by_user ON outbox (user_id, kind) WHERE user_id IS NOT NULL;
-- What was mailed to people: links that work once.
CREATE TABLE IF NOT EXISTS links (
  token_hash TEXT    NOT NULL PRIMARY KEY,
  kind       TEXT    NOT NULL,
  user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  browser    TEXT    NOT NULL DEFAULT '',
  used_at    INTEGER,
  form       TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS links_by_user ON links (user_id, kind, created_at);
CREATE INDEX IF NOT EXISTS links_by_end ON links (expires_at);
-- A link that was mailed to the address that someone had before says nothing of the one they have. An address without an at sign
-- is that of a row in the making.
CREATE TRIGGER IF NOT EXISTS mailed_elsewhere AFTER UPDATE OF email ON users WHEN old.email <> new.email AND instr(old.email, '@') > 0 BEGIN UPDATE invitations SET expires_at = 0 WHERE account_id IN (SELECT account_id FROM memberships WHERE user_id = new.id) AND user_id = new.id AND mailed = 1; END;
-- How many invitations an account has sent lately.
CREATE INDEX IF NOT EXISTS audit_by_invitation ON audit (account_id, at) WHERE action = 'member_invited' AND result = 'ok';
