-- Changes of address: what is put back if one is undone, and addresses that are kept for that.
ALTER TABLE links ADD COLUMN proven_at INTEGER;
CREATE INDEX IF NOT EXISTS links_by_email ON links (email) WHERE kind = 'email_undo' AND used_at IS NULL;
CREATE VIEW IF NOT EXISTS reserved AS SELECT email, user_id, created_at, expires_at FROM links WHERE kind = 'email_undo' AND used_at IS NULL;
-- Whoever makes a user, by an invitation or otherwise. A change of address looks for itself.
CREATE TRIGGER IF NOT EXISTS reserved_for_another BEFORE INSERT ON users WHEN EXISTS (SELECT 1 FROM reserved WHERE email = new.email AND expires_at > new.created_at) BEGIN SELECT RAISE(ABORT, 'the address can still be taken back'); END;
-- Admins are told of a change that was undone, too.
DROP TRIGGER IF EXISTS noticed_by_admins;
CREATE TRIGGER IF NOT EXISTS noticed_by_admins AFTER INSERT ON audit WHEN new.account_id <> '' AND (new.action = 'alert' OR new.result = 'ok' AND new.action IN ('policy', 'break_glass', 'not_me', 'email_undone')) BEGIN INSERT OR IGNORE INTO outbox (id, kind, event, account_id, user_id, key_id, language, created_at, due_at, expires_at) SELECT new.event || '.' || m.account_id || '.' || m.user_id, 'admin_notice', new.event, m.account_id, m.user_id, '', '', new.at, new.at, new.at + 86400000 FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.account_id = new.account_id AND m.state = 'active' AND m.role IN ('owner', 'admin') AND m.user_id IS NOT new.target_id; END;
