-- The gate needs to know when the second factor was last proven.
DROP VIEW visits;
CREATE VIEW visits AS
SELECT
  s.token_hash, s.id AS session_id, s.pending, s.device, s.return_to, s.attempts, s.password_at, s.second_factor,
  s.second_factor_at, s.reauthenticated_at, s.last_seen_at, s.expires_at,
  e.id AS enrolment_id, e.algorithm, e.digits, e.period_s, e.sealed_seed, e.seed_key, e.expires_at AS enrolment_expires_at,
  t.charge, t.blocked_until,
  p.*
FROM sessions s
JOIN people p ON p.user_id = s.user_id
LEFT JOIN enrolments e ON e.session_id = s.id
LEFT JOIN throttles t ON t.scope = 'code' AND t.subject = s.user_id AND t.device = s.device;
