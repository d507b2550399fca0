DROP TRIGGER intimate_use_changed ON intimate_uses;
DROP FUNCTION intimate_use_changed();
ALTER TABLE intimate_uses DROP COLUMN changed;
