-- A relation that ends, by its own command or with its family link, leaves nothing that waits for it: its cases are closed, and
-- what the payer was asked lapses, so that another relative can be asked for the same order (requirements 0.12, 0.14).
CREATE FUNCTION intimate_pay_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE intimate_cases c SET state = 'CLOSED', closed_at = NEW.ended_at
    WHERE c.payer_account_id = NEW.payer_account_id AND c.relation_id = NEW.id AND c.state = 'OPEN';
    UPDATE pay_requests q SET state = 'LAPSED', decided_at = NEW.ended_at
    WHERE q.payer_account_id = NEW.payer_account_id AND q.relation_id = NEW.id AND q.state = 'PENDING';
    RETURN NULL;
END $$;
CREATE TRIGGER intimate_pay_ended AFTER UPDATE OF state ON intimate_pays
    FOR EACH ROW WHEN (OLD.state <> 'ENDED' AND NEW.state = 'ENDED') EXECUTE FUNCTION intimate_pay_ended();

-- Those that ended before.
UPDATE intimate_cases c SET state = 'CLOSED', closed_at = greatest(p.ended_at, c.opened_at)
FROM intimate_pays p
WHERE p.payer_account_id = c.payer_account_id AND p.id = c.relation_id AND p.state = 'ENDED' AND c.state = 'OPEN';
UPDATE pay_requests q SET state = 'LAPSED', decided_at = p.ended_at
FROM intimate_pays p
WHERE p.payer_account_id = q.payer_account_id AND p.id = q.relation_id AND p.state = 'ENDED' AND q.state = 'PENDING';

-- And what was asked for orders that are paid.
UPDATE pay_requests q SET state = 'LAPSED', decided_at = q.expires_at
WHERE q.state = 'PENDING' AND EXISTS (SELECT FROM payments p WHERE p.subject = q.order_id AND p.state = 'CAPTURED');
