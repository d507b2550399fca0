UPDATE refunds SET state = 'REJECTED', rejection_reason = 'overtaken' WHERE state = 'OVERTAKEN';
ALTER TABLE refunds DROP CONSTRAINT refunds_state_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_state_check
    CHECK (state IN ('REQUESTED', 'AWAITING_SECOND_APPROVAL', 'APPROVED', 'REJECTED'));
