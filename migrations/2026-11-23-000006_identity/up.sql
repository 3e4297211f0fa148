-- Identity, second part: what a user prefers, forgotten passwords, mail, API keys, and what platform admins do.

-- How a user wants the web app. `viewing_*`: the organization that a platform admin looks into, until when; the name is a copy for
-- their own profile, which belongs to no organization.
ALTER TABLE users
    ADD COLUMN language text NOT NULL DEFAULT 'bn',
    ADD COLUMN theme text NOT NULL DEFAULT 'system',
    ADD COLUMN shortcuts boolean NOT NULL DEFAULT true,
    ADD COLUMN sound text NOT NULL DEFAULT 'mine',
    ADD COLUMN viewing_organization_id uuid,
    ADD COLUMN viewing_organization_name text,
    ADD COLUMN viewing_until timestamptz;
ALTER TABLE users ADD CONSTRAINT users_language_check CHECK (language IN ('bn', 'en'));
ALTER TABLE users ADD CONSTRAINT users_theme_check CHECK (theme IN ('system', 'light', 'dark'));
ALTER TABLE users ADD CONSTRAINT users_sound_check CHECK (sound IN ('off', 'mine', 'all'));
CREATE INDEX users_page_idx ON users (created_at, id);

-- At most one living link per user: a newer one takes the older one's place (R37).
CREATE TABLE password_resets (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Mail that waits to be sent, and its own queue. Links are made when a mail is sent, so that no token stands here.
CREATE TABLE mails (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('password_reset', 'invitation')),
    recipient text NOT NULL,
    -- What the text is made of; emptied when the mail is done.
    params jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'dead')),
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    last_error text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX mails_ready_idx ON mails (run_at, id) WHERE state = 'ready';
CREATE INDEX mails_running_idx ON mails (locked_until) WHERE state = 'running';
CREATE INDEX mails_finished_idx ON mails (finished_at) WHERE state IN ('done', 'dead');
GRANT SELECT, INSERT, UPDATE, DELETE ON password_resets, mails TO banglachat_app;

-- Claims leave suspended organizations out.
CREATE INDEX organizations_suspended_idx ON organizations (organization_id) WHERE suspended_at IS NOT NULL;

CREATE TABLE api_keys (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    key_hash bytea NOT NULL,
    last4 text NOT NULL,
    -- The member as whom it acts.
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT api_keys_hash_key UNIQUE (organization_id, key_hash),
    FOREIGN KEY (organization_id, created_by) REFERENCES memberships (organization_id, user_id)
);
CREATE INDEX api_keys_page_idx ON api_keys (organization_id, created_at, id);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO banglachat_app;
