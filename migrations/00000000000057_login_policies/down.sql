DROP TABLE position_login_policies;
