-- Tenant tables: the organization, its people, agents, knowledge and accounts.
CREATE TABLE organizations (
    organization_id uuid PRIMARY KEY,
    name text NOT NULL,
    timezone text NOT NULL DEFAULT 'Asia/Dhaka',
    suspended_at timestamptz,
    suspended_reason text,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Rows are ended, never deleted: authors and assignees point here.
CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'owner')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_user_id_idx ON memberships (user_id) WHERE ended_at IS NULL;

CREATE TABLE ai_agents (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    id uuid NOT NULL,
    name text NOT NULL,
    active boolean NOT NULL,
    version integer NOT NULL,
    -- The key is bound to this host (R62): another host, no key.
    model_key_sealed bytea,
    model_key_host text,
    model_key_last4 text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX ai_agents_organization_id_name_key ON ai_agents (organization_id, name) WHERE archived_at IS NULL;

-- What an agent was at a time; rows are never changed. A message names the version that wrote it.
CREATE TABLE ai_agent_versions (
    organization_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    version integer NOT NULL,
    model_provider text NOT NULL CHECK (model_provider IN ('knowledge', 'openai_compatible')),
    model_base_url text,
    model_name text,
    system_prompt text NOT NULL,
    language text NOT NULL CHECK (language IN ('auto', 'bangla', 'english')),
    temperature real NOT NULL,
    max_answer_tokens integer NOT NULL,
    quiet_ms integer NOT NULL,
    history_budget_tokens integer NOT NULL,
    fallback_text text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, agent_id, version),
    FOREIGN KEY (organization_id, agent_id) REFERENCES ai_agents (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, created_by) REFERENCES memberships (organization_id, user_id)
);

CREATE TABLE knowledge_entries (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    id uuid NOT NULL,
    title text,
    questions text[] NOT NULL,
    answer_bn text,
    answer_en text,
    -- Folded form of the questions and the title, for trigram search.
    search_text text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    CHECK (answer_bn IS NOT NULL OR answer_en IS NOT NULL)
);
CREATE INDEX knowledge_entries_page_idx ON knowledge_entries (organization_id, created_at, id);

-- The Meta app that an organization brings for a platform: what a webhook path names.
CREATE TABLE platform_apps (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    platform text NOT NULL CHECK (platform IN ('facebook', 'instagram', 'whatsapp', 'twitter')),
    app_id text,
    app_secret_sealed bytea NOT NULL,
    -- Accepted beside the first while the secret is rotated.
    app_secret_previous_sealed bytea,
    app_secret_last4 text NOT NULL,
    -- Chosen by us and pasted into Meta's dashboard; only answers the handshake, so it is readable by admins.
    verify_token text NOT NULL,
    handshake_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, platform)
);

CREATE TABLE social_accounts (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    id uuid NOT NULL,
    platform text NOT NULL CHECK (platform IN ('facebook', 'instagram', 'whatsapp', 'twitter')),
    external_id text NOT NULL,
    name text NOT NULL,
    login text NOT NULL CHECK (login IN ('page', 'instagram')),
    page_id text,
    token_sealed bytea NOT NULL,
    token_last4 text NOT NULL,
    token_expires_at timestamptz,
    agent_id uuid,
    auto_reply boolean NOT NULL,
    health text NOT NULL CHECK (health IN ('unchecked', 'ok', 'needs_reconnect', 'disconnected')),
    health_reason text,
    -- No sends to this account before this time (R17).
    paused_until timestamptz,
    last_event_at timestamptz,
    last_event_kind text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    disconnected_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, agent_id) REFERENCES ai_agents (organization_id, id)
);
CREATE UNIQUE INDEX social_accounts_external_key ON social_accounts (organization_id, platform, external_id)
    WHERE disconnected_at IS NULL;

CREATE TABLE audit_log (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    id uuid NOT NULL,
    -- Who; null for the system itself.
    user_id uuid,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX audit_log_page_idx ON audit_log (organization_id, created_at, id);

-- Answers of POST requests by Idempotency-Key (R10), kept 24 hours.
CREATE TABLE idempotency_keys (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    user_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, user_id, idempotency_key)
);

-- Tokens and calls by agent and day (R88).
CREATE TABLE usage (
    organization_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    day date NOT NULL,
    answers bigint NOT NULL DEFAULT 0,
    prompt_tokens bigint NOT NULL DEFAULT 0,
    completion_tokens bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, agent_id, day),
    FOREIGN KEY (organization_id, agent_id) REFERENCES ai_agents (organization_id, id)
);

DO $$ DECLARE t text; BEGIN
    FOREACH t IN ARRAY ARRAY['organizations', 'memberships', 'ai_agents', 'ai_agent_versions', 'knowledge_entries',
        'platform_apps', 'social_accounts', 'audit_log', 'idempotency_keys', 'usage']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        -- An empty or missing setting is no organization: no row matches, none is accepted (R47).
        EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = nullif(current_setting(''app.organization_id'', true), '''')::uuid)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO banglachat_app', t);
        IF t <> 'audit_log' THEN
            EXECUTE format('GRANT UPDATE, DELETE ON %I TO banglachat_app', t);
        END IF;
    END LOOP;
    -- What the cross-organization module may read; current_user is this role only after SET LOCAL ROLE.
    FOREACH t IN ARRAY ARRAY['organizations', 'memberships', 'platform_apps']
    LOOP
        EXECUTE format('CREATE POLICY platform ON %I USING (current_user = ''banglachat_platform'')', t);
        EXECUTE format('GRANT SELECT ON %I TO banglachat_platform', t);
    END LOOP;
    GRANT UPDATE (handshake_at) ON platform_apps TO banglachat_platform;
END $$;
