-- Which members set up two-factor login, and which are asked for it by their own switch: kept with the memberships, counted.
ALTER TABLE accounts ADD COLUMN chosen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN chosen INTEGER NOT NULL DEFAULT 0;
UPDATE memberships SET chosen = 1 WHERE enrolled = 1 AND (SELECT two_factor_chosen FROM users WHERE id = user_id) = 1;
UPDATE accounts SET chosen = (SELECT count(*) FROM memberships WHERE account_id = accounts.id AND state = 'active' AND chosen = 1);
CREATE INDEX IF NOT EXISTS memberships_by_choice ON memberships (account_id, chosen, email);
DROP TRIGGER counted_by_joining;
DROP TRIGGER counted_by_change;
DROP TRIGGER counted_by_leaving;
CREATE TRIGGER IF NOT EXISTS chosen_by_enrolment AFTER UPDATE OF enrolled ON memberships WHEN old.enrolled <> new.enrolled BEGIN UPDATE memberships SET chosen = new.enrolled AND (SELECT two_factor_chosen FROM users WHERE id = new.user_id) WHERE account_id = new.account_id AND user_id = new.user_id; END;
CREATE TRIGGER IF NOT EXISTS chosen_by_switch AFTER UPDATE OF two_factor_chosen ON users WHEN old.two_factor_chosen <> new.two_factor_chosen BEGIN UPDATE memberships SET chosen = enrolled AND new.two_factor_chosen WHERE user_id = new.id; END;
CREATE TRIGGER IF NOT EXISTS counted_by_joining AFTER INSERT ON memberships WHEN new.state = 'active' BEGIN UPDATE accounts SET members = members + 1, enrolled = enrolled + new.enrolled, chosen = chosen + new.chosen WHERE id = new.account_id; END;
CREATE TRIGGER IF NOT EXISTS counted_by_change AFTER UPDATE OF state, enrolled, chosen ON memberships WHEN old.state = 'active' OR new.state = 'active' BEGIN UPDATE accounts SET members = members + (new.state = 'active') - (old.state = 'active'), enrolled = enrolled + (new.state = 'active') * new.enrolled - (old.state = 'active') * old.enrolled, chosen = chosen + (new.state = 'active') * new.chosen - (old.state = 'active') * old.chosen WHERE id = new.account_id; END;
CREATE TRIGGER IF NOT EXISTS counted_by_leaving AFTER DELETE ON memberships WHEN old.state = 'active' BEGIN UPDATE accounts SET members = members - 1, enrolled = enrolled - old.enrolled, chosen = chosen - old.chosen WHERE id = old.account_id; END;
-- What an admin decides on includes what the account calls the member.
DROP VIEW reach;
CREATE VIEW IF NOT EXISTS reach AS
SELECT *, json_array(actor_rank, rank, state, own, outranks, beyond, last_owner, must_enrol, factors, link, called) AS facts
FROM (
  SELECT
    g.credential, g.account_id, g.user_id AS actor_id, g.rank AS actor_rank, g.makes,
    m.user_id AS target_id, m.email, m.role, m.rank, m.state, m.user_id = g.user_id AS own, m.rank > g.rank AS outranks,
    EXISTS (
      SELECT 1 FROM memberships t
      WHERE t.user_id = m.user_id AND t.account_id <> m.account_id AND t.state <> 'invited' AND NOT EXISTS (
        SELECT 1 FROM mandates o
        WHERE o.credential = g.credential AND o.account_id = t.account_id AND o.rank >= t.rank
      )
    ) AS beyond,
    m.role = 'owner' AND m.state = 'active' AND NOT EXISTS (
      SELECT 1 FROM memberships o
      WHERE o.account_id = m.account_id AND o.state = 'active' AND o.role = 'owner' AND o.user_id <> m.user_id
    ) AS last_owner,
    (SELECT u.must_enrol FROM users u WHERE u.id = m.user_id) AS must_enrol,
    (SELECT json_group_array(x.id) FROM (SELECT id FROM authenticators WHERE user_id = m.user_id ORDER BY id) x) AS factors,
    (SELECT i.token_hash FROM invitations i WHERE i.account_id = m.account_id AND i.user_id = m.user_id) AS link,
    ifnull((SELECT i.name FROM invitations i WHERE i.account_id = m.account_id AND i.user_id = m.user_id), m.name) AS called
  FROM mandates g
  JOIN memberships m ON m.account_id = g.account_id
);
