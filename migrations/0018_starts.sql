-- From when on an account requires two-factor login.
ALTER TABLE accounts ADD COLUMN starts_at INTEGER;
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
  m.account_id, a.name AS account_name, m.role, a.two_factor_required, a.required_since, a.applies, a.starts_at
FROM users u
LEFT JOIN memberships m ON m.user_id = u.id AND m.state = 'active'
LEFT JOIN accounts a ON a.id = m.account_id;
CREATE VIEW IF NOT EXISTS standings AS
SELECT u.id AS user_id, json_array(
  u.must_enrol, u.two_factor_chosen, (SELECT count(*) FROM authenticators x WHERE x.user_id = u.id),
  (SELECT json_group_array(json_array(o.account_id, o.role, o.two_factor_required, o.required_since, o.applies,
     o.starts_at)) FROM (
     SELECT m.account_id, m.role, a.two_factor_required, a.required_since, a.applies, a.starts_at
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
