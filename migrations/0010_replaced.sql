-- The token that a re-authentication replaced: what a page asks for meanwhile comes with it, and is read for some seconds more.
ALTER TABLE sessions ADD COLUMN previous_hash TEXT;
ALTER TABLE sessions ADD COLUMN replaced_at INTEGER;
CREATE INDEX IF NOT EXISTS sessions_by_previous ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;
