-- The form that waited for a proof, and was done after it.
ALTER TABLE sessions ADD COLUMN waited TEXT;
