-- Members whom a requirement holds later than others.
ALTER TABLE memberships ADD COLUMN exempt_until INTEGER;
ALTER TABLE memberships ADD COLUMN exempt_why TEXT;
CREATE INDEX IF NOT EXISTS memberships_exempt ON memberships (account_id, email) WHERE exempt_until IS NOT NULL;
CREATE INDEX IF NOT EXISTS memberships_exempt_end ON memberships (exempt_until) WHERE exempt_until IS NOT NULL;
DROP VIEW visits;
DROP VIEW people;
DROP VIEW standings;
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
-- People are told of an exemption.
DROP TRIGGER IF EXISTS noticed_by_person;
CREATE TRIGGER IF NOT EXISTS noticed_by_person AFTER INSERT ON audit WHEN new.result = 'ok' AND new.target_id IS NOT NULL AND ( new.action IN ('enrol', 'recovery', 'recovery_codes', 'password', 'password_reset', 'two_factor_enabled', 'two_factor_disabled', 'authenticator_removed', 'two_factor_reset', 'break_glass', 'member_changed', 'member_removed', 'not_me', 'password_restored', 'exempted', 'exemption_ended') OR new.action = 'reauth' AND iif(json_valid(new.detail), new.detail ->> 'recovery_code', 0) OR new.action IN ('login', 'verify') AND EXISTS (SELECT 1 FROM browsers b WHERE b.user_id = new.target_id AND b.created_at = new.at) ) BEGIN INSERT OR IGNORE INTO outbox (id, kind, event, account_id, user_id, key_id, language, created_at, due_at, expires_at) SELECT new.event, 'notice', new.event, iif(new.action IN ('member_changed', 'member_removed', 'exempted', 'exemption_ended'), new.account_id, NULL), u.id, '', '', new.at, new.at, new.at + 86400000 FROM users u WHERE u.id = new.target_id; END;
