-- Changes of address: what is put back if one is undone, and addresses that are kept for that.
ALTER TABLE links ADD COLUMN proven_at INTEGER;
CREATE INDEX IF NOT EXISTS links_by_email ON links (email) WHERE kind = 'email_undo' AND used_at IS NULL;
CREATE VIEW IF NOT EXISTS reserved AS SELECT email, user_id, created_at, expires_at FROM links WHERE kind = 'email_undo' AND used_at IS NULL;
-- Whoever makes a user, by an invitation or otherwise. A change of address looks for itself.
CREATE TRIGGER IF NOT EXISTS reserved_for_another BEFORE INSERT ON users WHEN EXISTS (SELECT 1 FROM reserved WHERE email = new.email AND expires_at > new.created_at) BEGIN SELECT RAISE(ABORT, 'the address can still be taken back'); END;
