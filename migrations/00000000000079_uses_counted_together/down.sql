DROP FUNCTION quotas_use(uuid[], uuid[], text[], date[], bigint[], bigint[], bigint[], bigint[]);
