DROP TABLE friends;
DROP TABLE delivery_addresses;
