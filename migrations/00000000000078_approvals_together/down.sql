DROP FUNCTION audit_append_all, outbox_put_all, idempotency_keep_all, refunds_approve, ledger_post_refunds, payments_give_back, orders_give_back;
