-- Seeds under an older key are found without reading all.
CREATE INDEX authenticators_by_key ON authenticators (seed_key);
