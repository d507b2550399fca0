DROP TRIGGER intimate_pay_ended ON intimate_pays;
DROP FUNCTION intimate_pay_ended();
