-- The numbers of an account are kept with it, instead of being counted for each page that shows them.
ALTER TABLE accounts ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN enrolled INTEGER NOT NULL DEFAULT 0;
UPDATE accounts SET
  members = (SELECT count(*) FROM memberships WHERE account_id = accounts.id AND state = 'active'),
  enrolled = (SELECT count(*) FROM memberships WHERE account_id = accounts.id AND state = 'active' AND enrolled = 1);
CREATE TRIGGER IF NOT EXISTS counted_by_joining AFTER INSERT ON memberships WHEN new.state = 'active' BEGIN UPDATE accounts SET members = members + 1, enrolled = enrolled + new.enrolled WHERE id = new.account_id; END;
CREATE TRIGGER IF NOT EXISTS counted_by_change AFTER UPDATE OF state, enrolled ON memberships WHEN old.state = 'active' OR new.state = 'active' BEGIN UPDATE accounts SET members = members + (new.state = 'active') - (old.state = 'active'), enrolled = enrolled + (new.state = 'active') * new.enrolled - (old.state = 'active') * old.enrolled WHERE id = new.account_id; END;
CREATE TRIGGER IF NOT EXISTS counted_by_leaving AFTER DELETE ON memberships WHEN old.state = 'active' BEGIN UPDATE accounts SET members = members - 1, enrolled = enrolled - old.enrolled WHERE id = old.account_id; END;
DROP INDEX memberships_counted;
