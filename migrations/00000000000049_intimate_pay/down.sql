DROP TRIGGER family_link_ended ON family_links;
DROP FUNCTION family_link_ended;
DROP TABLE intimate_cases, pay_requests, intimate_uses, intimate_pays, payment_passwords;
