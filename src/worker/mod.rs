//! What happens after the answer: the outbox is drained, old keys are swept.
