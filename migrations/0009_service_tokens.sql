-- What programs get past the gate by: keys of an account, each for some paths and methods. They outlast whoever made them.
CREATE TABLE IF NOT EXISTS service_tokens (
  token_hash   TEXT    NOT NULL PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  account_id   TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  made_by      TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  paths        TEXT    NOT NULL,
  methods      TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS service_tokens_by_account ON service_tokens (account_id, created_at);
CREATE INDEX IF NOT EXISTS service_tokens_by_end ON service_tokens (expires_at);
