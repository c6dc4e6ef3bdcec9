-- What a request or the job of every minute reads does not grow with what anyone brings about.
CREATE INDEX IF NOT EXISTS refusals_of_someone ON refusals (minute) WHERE target <> '';
