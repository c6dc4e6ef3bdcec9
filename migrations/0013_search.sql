-- Members are found by any part of their address or name. Rows of before are worked out by the job of every minute, up to
-- 20,000 each time, because all at once could take longer than D1 allows.
ALTER TABLE memberships ADD COLUMN sought TEXT;
CREATE INDEX IF NOT EXISTS memberships_unsought ON memberships (account_id) WHERE sought IS NULL;
CREATE TABLE IF NOT EXISTS member_grams (
  account_id TEXT NOT NULL,
  gram       TEXT NOT NULL,
  email      TEXT NOT NULL,
  PRIMARY KEY (account_id, gram, email)
) STRICT, WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS called AS
SELECT m.account_id, m.user_id, (
  WITH RECURSIVE n (i, plain) AS (
    SELECT 1, lower(' ' || m.email || ' ' || iif(m.state = 'invited',
      ifnull((SELECT i.name FROM invitations i WHERE i.account_id = m.account_id AND i.user_id = m.user_id), ''),
      ifnull(m.name, (SELECT u.name FROM users u WHERE u.id = m.user_id))))
    UNION ALL SELECT i + 1, plain FROM n WHERE i < length(plain)
  )
  SELECT group_concat(char(u + iif(u < 128, 0, iif(
    u BETWEEN 192 AND 222 AND u <> 215 OR u BETWEEN 913 AND 939 AND u <> 930 OR u BETWEEN 1040 AND 1071, 32, iif(
    u BETWEEN 1024 AND 1039, 80, iif(u BETWEEN 1329 AND 1366, 48, iif(
    u % 2 = 0 AND (u BETWEEN 256 AND 302 OR u BETWEEN 306 AND 310 OR u BETWEEN 330 AND 374 OR u BETWEEN 416 AND 420
      OR u BETWEEN 478 AND 494 OR u BETWEEN 504 AND 542 OR u BETWEEN 546 AND 562 OR u BETWEEN 1120 AND 1152
      OR u BETWEEN 1162 AND 1214 OR u BETWEEN 1232 AND 1326 OR u BETWEEN 7680 AND 7828 OR u BETWEEN 7840 AND 7934)
    OR u % 2 = 1 AND (u BETWEEN 313 AND 327 OR u BETWEEN 377 AND 381 OR u = 431 OR u BETWEEN 461 AND 475
      OR u BETWEEN 1217 AND 1229), 1, iif(u = 902, 38, iif(u BETWEEN 904 AND 906, 37, iif(u = 908, 64, iif(
    u IN (910, 911), 63, 0)))))))))), '')
  FROM (SELECT unicode(substr(plain, i, 1)) AS u FROM n)
) AS text
FROM memberships m;
CREATE TRIGGER IF NOT EXISTS sought_by_joining AFTER INSERT ON memberships BEGIN UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id) WHERE account_id = new.account_id AND user_id = new.user_id; END;
CREATE TRIGGER IF NOT EXISTS sought_by_change AFTER UPDATE OF state, name, email ON memberships BEGIN UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id) WHERE account_id = new.account_id AND user_id = new.user_id; END;
CREATE TRIGGER IF NOT EXISTS sought_by_name AFTER UPDATE OF name ON users WHEN old.name <> new.name BEGIN UPDATE memberships SET sought = ( SELECT text FROM called c WHERE c.account_id = memberships.account_id AND c.user_id = memberships.user_id) WHERE user_id = new.id; END;
CREATE TRIGGER IF NOT EXISTS sought_by_invitation AFTER INSERT ON invitations BEGIN UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id) WHERE account_id = new.account_id AND user_id = new.user_id; END;
CREATE TRIGGER IF NOT EXISTS sought_by_invited_name AFTER UPDATE OF name ON invitations WHEN old.name <> new.name BEGIN UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = new.account_id AND user_id = new.user_id) WHERE account_id = new.account_id AND user_id = new.user_id; END;
CREATE TRIGGER IF NOT EXISTS sought_by_withdrawal AFTER DELETE ON invitations BEGIN UPDATE memberships SET sought = (SELECT text FROM called WHERE account_id = old.account_id AND user_id = old.user_id) WHERE account_id = old.account_id AND user_id = old.user_id; END;
CREATE TRIGGER IF NOT EXISTS grams_before_change BEFORE UPDATE OF sought, email ON memberships WHEN old.sought IS NOT new.sought OR old.email <> new.email BEGIN DELETE FROM member_grams WHERE account_id = old.account_id AND email = old.email AND gram IN ( WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < length(old.sought)) SELECT substr(old.sought, i, 3) FROM n UNION ALL SELECT substr(old.sought, i, 2) FROM n WHERE substr(old.sought, i, 1) = ' '); END;
CREATE TRIGGER IF NOT EXISTS grams_after_change AFTER UPDATE OF sought ON memberships WHEN new.sought <> ifnull(old.sought, '') BEGIN INSERT INTO member_grams (account_id, gram, email) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < length(new.sought)) SELECT new.account_id, substr(new.sought, i, 3), new.email FROM n UNION SELECT new.account_id, substr(new.sought, i, 2), new.email FROM n WHERE substr(new.sought, i, 1) = ' ' ON CONFLICT DO NOTHING; END;
CREATE TRIGGER IF NOT EXISTS grams_before_leaving BEFORE DELETE ON memberships BEGIN DELETE FROM member_grams WHERE account_id = old.account_id AND email = old.email AND gram IN ( WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < length(old.sought)) SELECT substr(old.sought, i, 3) FROM n UNION ALL SELECT substr(old.sought, i, 2) FROM n WHERE substr(old.sought, i, 1) = ' '); END;
