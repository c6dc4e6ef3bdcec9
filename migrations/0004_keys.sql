-- Finds seeds under an older key without reading all of them.
CREATE INDEX authenticators_by_key ON authenticators (seed_key);
