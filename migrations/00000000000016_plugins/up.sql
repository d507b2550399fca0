-- The plugins that were ever installed here, and which release of each every replica is to run.
CREATE TABLE plugins (
    id           text PRIMARY KEY,
    publisher    text NOT NULL,
    state        text NOT NULL CHECK (state IN ('INSTALLED', 'REMOVED')),
    -- The release in use, and the one before it, to go back to.
    release_seq  bigint NOT NULL CHECK (release_seq > 0),
    version      text NOT NULL,
    previous_seq bigint,
    -- No release below this is taken (a roll-back lowers it, since an operator says so).
    high_water   bigint NOT NULL CHECK (high_water > 0),
    changed_at   timestamptz NOT NULL
);
