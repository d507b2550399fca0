DROP INDEX conversations_awaiting;
