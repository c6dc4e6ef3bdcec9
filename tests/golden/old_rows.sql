-- A row of every table, as the first migration has them. An update must lose none.
INSERT INTO users (id, email, name, password_phc, password_key, two_factor_chosen, codes_kept, created_at)
VALUES ('ann', 'ann@acme.test', 'Ann', '$argon2id$x', 'p1', 1, 'due', 1), ('bob', 'bob@acme.test', 'bob', NULL, NULL, 0, 'kept', 2);
INSERT INTO accounts (id, name, two_factor_required, required_since, applies, created_at) VALUES ('acme', 'Acme', 1, 5, 'now', 1);
INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
VALUES ('acme', 'ann', 'ann@acme.test', 'owner', 'active', 1), ('acme', 'bob', 'bob@acme.test', 'member', 'invited', 2);
INSERT INTO invitations (account_id, user_id, token_hash, name, expires_at) VALUES ('acme', 'bob', 'ih', 'Bob', 9);
INSERT INTO api_tokens (token_hash, id, account_id, user_id, name, scopes, created_at, expires_at)
VALUES ('th', 't', 'acme', 'ann', 'CI', 'users:read', 1, 9);
INSERT INTO authenticators
  (id, user_id, name, algorithm, digits, period_s, sealed_seed, seed_key, last_step, created_at, last_used_at)
VALUES ('a', 'ann', 'Phone', 'SHA1', 6, 30, 'sealed', 's1', 7, 1, 1);
INSERT INTO recovery_codes (user_id, mac, used_at, created_at) VALUES ('ann', 'm1', NULL, 1), ('ann', 'm2', 3, 1);
INSERT INTO sessions
  (token_hash, id, user_id, site, pending, device, return_to, password_at, last_seen_at, expires_at, created_at, ip, country,
   user_agent)
VALUES ('sh', 's', 'ann', 'edge', 0, 'd', '/', 1, 1, 9, 1, '192.0.2.1', 'CH', 'Firefox');
INSERT INTO enrolments (session_id, id, user_id, algorithm, digits, period_s, sealed_seed, seed_key, expires_at)
VALUES ('s', 'e', 'ann', 'SHA1', 6, 30, 'sealed', 's1', 9);
INSERT INTO throttles (scope, subject, device, failures, blocked_until, charge, updated_at) VALUES ('code', 'ann', 'd', 2, 8, 'c', 1);
INSERT INTO audit (account_id, event, at, actor_id, target_id, action, result, detail, ip, country, request_id, hash)
VALUES ('acme', 'v1', 1, 'ann', 'ann', 'login', 'ok', '', '192.0.2.1', 'CH', 'r', 'sealed'),
  ('acme', 'v0', 1, 'ann', 'bob', 'member_invited', 'ok', '', '192.0.2.1', 'CH', 'r', 'sealed2'), ('', 'v2', 2, NULL, NULL, 'login', 'failed', '', '', '', 'q', NULL);
