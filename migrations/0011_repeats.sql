-- What was answered last in a session, for the same form sent again, and what is shown once, for its page to show it again.
ALTER TABLE sessions ADD COLUMN form TEXT;
ALTER TABLE sessions ADD COLUMN form_at INTEGER;
ALTER TABLE sessions ADD COLUMN answer TEXT;
ALTER TABLE sessions ADD COLUMN shown TEXT;
ALTER TABLE sessions ADD COLUMN shown_at INTEGER;
CREATE INDEX IF NOT EXISTS sessions_by_answer ON sessions (form_at) WHERE answer IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_by_shown ON sessions (shown_at) WHERE shown IS NOT NULL;
