-- "After this day" asks for the end of a stretch of time, and search_date_low is in the order of beginnings. A stretch of
-- at most a day begins at most a day before it ends; the longer ones, which are few, get an index of their ends.
-- The condition stands word for word in minkang/records/search/values.py. Infinite ends are told apart before the
-- subtraction, which servers before 17 refuse.
CREATE INDEX search_date_long ON search_date (branch, high, rid) INCLUDE (low)
WHERE CASE WHEN isfinite(low) AND isfinite(high) THEN (high - low) > '1 day'::interval ELSE true END;

-- Likewise for ranges among numbers.
CREATE INDEX search_number_wide ON search_number (branch, high, rid) WHERE high > low;
