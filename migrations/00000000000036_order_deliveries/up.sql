-- Where an order is delivered to (requirement 1.4): the place as it was when the order was placed, sealed.
CREATE TABLE order_deliveries (
    shop_id  uuid NOT NULL,
    order_id uuid NOT NULL,
    place    bytea NOT NULL,
    PRIMARY KEY (shop_id, order_id),
    FOREIGN KEY (shop_id, order_id) REFERENCES orders
);
