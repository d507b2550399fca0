ALTER TABLE plugins DROP COLUMN release_seen_at;
ALTER TABLE plugins DROP COLUMN advises;
