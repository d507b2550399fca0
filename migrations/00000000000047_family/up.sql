-- Family links: an account asks a relative by a link that is used once; only acceptance makes the link (requirement 0.2).
-- The token of the link is kept as a hash, the relative's number sealed. An invitation that nobody answered in time is told by
-- its `expires_at`, not by a state that somebody would have to write.
CREATE TABLE family_links (
    inviter_account_id  uuid NOT NULL REFERENCES accounts,
    id                  uuid NOT NULL,
    relation            text NOT NULL CHECK (relation IN
        ('PARENT', 'CHILD', 'SPOUSE', 'SIBLING', 'GRANDPARENT', 'GRANDCHILD', 'OTHER')),
    relative_name       text NOT NULL,
    phone               bytea,
    phone_key           bytea,
    token_hash          bytea NOT NULL UNIQUE,
    state               text NOT NULL CHECK (state IN ('PENDING', 'ACCEPTED', 'DECLINED', 'REVOKED', 'ENDED')),
    invited_at          timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL,
    relative_account_id uuid REFERENCES accounts,
    decided_at          timestamptz,
    ended_at            timestamptz,
    ended_by            uuid,
    PRIMARY KEY (inviter_account_id, id),
    CHECK ((phone IS NULL) = (phone_key IS NULL)),
    CHECK ((state = 'PENDING') = (decided_at IS NULL)),
    CHECK ((state = 'ENDED') = (ended_at IS NOT NULL AND ended_by IS NOT NULL)),
    CHECK ((state IN ('ACCEPTED', 'ENDED')) = (relative_account_id IS NOT NULL)),
    -- Oneself is nobody's relative, whatever the code believes (h09).
    CONSTRAINT family_links_not_oneself CHECK (relative_account_id IS DISTINCT FROM inviter_account_id)
);
CREATE UNIQUE INDEX family_links_by_id ON family_links (id);
CREATE INDEX family_links_by_relative ON family_links (relative_account_id, id) WHERE relative_account_id IS NOT NULL;
-- One link that stands from one to the other; the other way round is another link.
CREATE UNIQUE INDEX family_links_once ON family_links (inviter_account_id, relative_account_id) WHERE state = 'ACCEPTED';
