DROP TABLE throttles;
DROP TABLE messages;
DROP TABLE one_time_codes;
