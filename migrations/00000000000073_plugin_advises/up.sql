-- What an installed plugin advises on is denied while the plugin does not run, also on a server that lacks its files: so it is
-- kept here. What stands here of plugins that were installed before is filled in by the first server that has their files.
ALTER TABLE plugins ADD COLUMN advises text[] NOT NULL DEFAULT '{}';
-- When a server told last that it has the very release in use.
ALTER TABLE plugins ADD COLUMN release_seen_at timestamptz;
UPDATE plugins SET release_seen_at = seen_at;
ALTER TABLE plugins ALTER COLUMN release_seen_at SET NOT NULL;
