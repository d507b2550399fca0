-- What commands that share a transaction use of limits that add up, counted in one statement: a row for each limit and window, no
-- two alike, which the caller has locked. Fails if one of them has no room; whoever calls it does each command alone then.
CREATE FUNCTION quotas_use(
    owners uuid[], counters uuid[], windows text[], starts date[], amounts bigint[], times bigint[], mosts bigint[],
    most_times bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE quota_usage q SET amount_minor = q.amount_minor + t.amount, uses = q.uses + t.times
    FROM unnest(owners, counters, windows, starts, amounts, times, mosts, most_times)
        AS t (owner, counter, of_window, starts_on, amount, times, most, most_times)
    WHERE q.owner_id = t.owner AND q.counter_id = t.counter AND q.quota_window = t.of_window AND q.starts_on = t.starts_on
      AND q.amount_minor <= t.most - t.amount AND q.uses <= t.most_times - t.times;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> cardinality(counters) THEN
        RAISE EXCEPTION 'one of the limits has no room'
            USING ERRCODE = 'check_violation', TABLE = 'quota_usage', CONSTRAINT = 'quota_usage_room';
    END IF;
    RETURN true;
END $$;
