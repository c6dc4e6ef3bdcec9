-- The particulars of an event are JSON from here on. What rows of before say in English stays as it is.
DROP VIEW IF EXISTS audit_may_begin;
CREATE VIEW IF NOT EXISTS audit_may_begin AS
SELECT cut.account_id, cut.id AS row_id, cut.hash
FROM audit cut
JOIN audit told ON told.id = (SELECT max(id) FROM audit WHERE account_id = cut.account_id)
WHERE told.action = 'audit_trimmed' AND iif(json_valid(told.detail), told.detail ->> 'sealed', NULL) = cut.hash AND told.at - cut.at >= iif(cut.account_id = '', 7, 30) * 86400000
  AND cut.id > ifnull((SELECT row_id FROM audit_begins WHERE account_id = cut.account_id), 0);
