DROP VIEW session_actors;
DROP VIEW seats;
DROP TABLE quota_usage, permission_grants, position_assignments, sub_accounts, position_permissions, positions,
    permission_epochs;
