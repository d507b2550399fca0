DROP TABLE associations;
DROP TABLE association_logins;
DROP TABLE association_degrees;
DROP TABLE association_signals;
