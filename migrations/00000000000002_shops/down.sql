DROP TABLE refunds, orders, items, shops;
