-- Platform tables: identity, the account directory and raw webhook events. No organization owns a row here.
-- The product's two database roles are made here; logins are made by `banglachat migrate` and only inherit the first.
-- Roles belong to the whole server, not to one database: they may exist already.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'banglachat_app') THEN
        CREATE ROLE banglachat_app NOLOGIN;
    END IF;
    -- Taken with SET LOCAL ROLE, only by the cross-organization module of the server.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'banglachat_platform') THEN
        CREATE ROLE banglachat_platform NOLOGIN;
    END IF;
END $$;

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    is_platform_admin boolean NOT NULL DEFAULT false,
    email_verified_at timestamptz,
    -- Raised when every access token of the user must die at once (R34).
    version integer NOT NULL DEFAULT 1,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- One row is one sign-in: a family of refresh tokens (R32).
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_agent text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);

CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'owner')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX invitations_organization_id_idx ON invitations (organization_id, created_at);

-- Failed sign-ins, for throttling by account and by address (R38).
CREATE TABLE sign_in_failures (
    id uuid PRIMARY KEY,
    throttle_key text NOT NULL,
    failed_at timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_key_idx ON sign_in_failures (throttle_key, failed_at);

-- What happened to identities (R49); append-only for the server.
CREATE TABLE identity_audit_log (
    id uuid PRIMARY KEY,
    user_id uuid,
    action text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);
CREATE INDEX identity_audit_log_user_id_idx ON identity_audit_log (user_id, created_at);

CREATE TABLE account_directory (
    platform text NOT NULL CHECK (platform IN ('facebook', 'instagram', 'whatsapp', 'twitter')),
    external_id text NOT NULL,
    organization_id uuid NOT NULL,
    account_id uuid NOT NULL,
    PRIMARY KEY (platform, external_id)
);

-- Raw bodies as received, and their own queue. `app` names the app whose secret signed the body:
-- an organization's ('org:<uuid>') or the installation's ('installation').
CREATE TABLE webhook_events (
    id uuid PRIMARY KEY,
    platform text NOT NULL CHECK (platform IN ('facebook', 'instagram', 'whatsapp', 'twitter')),
    app text NOT NULL,
    organization_id uuid,
    body bytea NOT NULL,
    body_hash bytea NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'dead')),
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    last_error text,
    items integer,
    ignored_items integer,
    processed_at timestamptz,
    CONSTRAINT webhook_events_app_body_key UNIQUE (app, platform, body_hash)
);
CREATE INDEX webhook_events_ready_idx ON webhook_events (run_at, id) WHERE state = 'ready';
CREATE INDEX webhook_events_running_idx ON webhook_events (locked_until) WHERE state = 'running';
CREATE INDEX webhook_events_dead_idx ON webhook_events (received_at) WHERE state = 'dead';

GRANT USAGE ON SCHEMA public TO banglachat_app, banglachat_platform;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    users, sessions, refresh_tokens, invitations, sign_in_failures, account_directory, webhook_events
    TO banglachat_app;
GRANT SELECT, INSERT ON identity_audit_log TO banglachat_app;
GRANT SELECT ON users TO banglachat_platform;
