-- Whose authenticators are locked is found without a look at all others.
CREATE INDEX IF NOT EXISTS users_locked ON users (id) WHERE code_failures >= 100;
