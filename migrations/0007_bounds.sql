-- What a request or the job of every minute reads does not grow with what anyone brings about.
CREATE INDEX IF NOT EXISTS refusals_by_target ON refusals (target, minute);
DROP INDEX IF EXISTS audit_by_target;
CREATE INDEX IF NOT EXISTS audit_by_target ON audit (target_id, action, result, at);
