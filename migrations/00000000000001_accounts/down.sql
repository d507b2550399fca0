DROP TABLE platform_grants, sessions, login_names, accounts;
