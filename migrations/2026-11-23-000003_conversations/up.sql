-- Tenant tables: what customers and the organization say to each other, and the work that this causes.
CREATE TABLE inbound_events (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    -- The raw body it came in and its place there; no foreign key, raw events are the platform's.
    webhook_event_id uuid NOT NULL,
    item integer NOT NULL,
    -- Null where the item could not even be read so far.
    account_id uuid,
    kind text NOT NULL,
    -- As received. Not jsonb: a body may hold \u0000.
    raw text NOT NULL,
    state text NOT NULL CHECK (state IN ('applied', 'stored', 'quarantined')),
    quarantine_reason text,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT inbound_events_item_key UNIQUE (organization_id, webhook_event_id, item),
    FOREIGN KEY (organization_id, account_id) REFERENCES social_accounts (organization_id, id)
);
CREATE INDEX inbound_events_page_idx ON inbound_events (organization_id, received_at, id);
CREATE INDEX inbound_events_account_idx ON inbound_events (organization_id, account_id, received_at, id);

CREATE TABLE contacts (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    id uuid NOT NULL,
    name text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE contact_identities (
    organization_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL CHECK (value <> ''),
    contact_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, account_id, kind, value),
    FOREIGN KEY (organization_id, account_id) REFERENCES social_accounts (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts (organization_id, id)
);
CREATE INDEX contact_identities_contact_idx ON contact_identities (organization_id, contact_id);

CREATE TABLE conversations (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'resolved')),
    assignee_id uuid,
    ai_state text NOT NULL CHECK (ai_state IN ('on', 'paused', 'off')),
    ai_paused_until timestamptz,
    -- Why and by whom the AI does not answer: 'human_echo', 'human_reply', 'taken_over', 'handoff', 'loop' ...
    ai_reason text,
    ai_changed_by uuid,
    -- Somebody has to look: a handoff or a failure that nobody has taken up.
    needs_human boolean NOT NULL DEFAULT false,
    window_ends_at timestamptz,
    human_window_ends_at timestamptz,
    -- Raised by everything that makes a draft of an answer void.
    generation bigint NOT NULL DEFAULT 0,
    last_message_at timestamptz NOT NULL,
    last_customer_message_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT conversations_account_contact_key UNIQUE (organization_id, account_id, contact_id),
    FOREIGN KEY (organization_id, account_id) REFERENCES social_accounts (organization_id, id),
    FOREIGN KEY (organization_id, contact_id) REFERENCES contacts (organization_id, id),
    FOREIGN KEY (organization_id, assignee_id) REFERENCES memberships (organization_id, user_id),
    FOREIGN KEY (organization_id, ai_changed_by) REFERENCES memberships (organization_id, user_id)
);
CREATE INDEX conversations_page_idx ON conversations (organization_id, last_message_at, id);
CREATE INDEX conversations_account_page_idx ON conversations (organization_id, account_id, last_message_at, id);

CREATE TABLE messages (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    author text NOT NULL CHECK (author IN ('customer', 'agent', 'human', 'note', 'system')),
    author_user_id uuid,
    kind text NOT NULL,
    -- Exactly as decoded, but for NUL, which PostgreSQL cannot hold.
    text text,
    nul_removed boolean NOT NULL DEFAULT false,
    normalized_text text,
    payload text,
    attachments jsonb NOT NULL DEFAULT '[]',
    reply_to_external_id text,
    context jsonb,
    comment_id text,
    external_id text,
    -- Chosen by the client that sent it, so that a retry is the same message.
    client_id text,
    platform_time timestamptz,
    -- The place in the conversation: platform time, never later than arrival.
    ordered_at timestamptz NOT NULL,
    agent_id uuid,
    agent_version integer,
    state text NOT NULL CHECK (state IN ('received', 'queued', 'sending', 'sent', 'failed', 'unknown', 'cancelled')),
    -- For a customer's message: whether it wants an answer, and how that ended.
    answer_state text CHECK (answer_state IN ('due', 'answered', 'handed_over', 'not_due')),
    answered_by uuid,
    failure_code text,
    failure_advice text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT messages_external_key UNIQUE (organization_id, account_id, external_id),
    CONSTRAINT messages_client_key UNIQUE (organization_id, conversation_id, client_id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES social_accounts (organization_id, id),
    FOREIGN KEY (organization_id, author_user_id) REFERENCES memberships (organization_id, user_id),
    FOREIGN KEY (organization_id, agent_id, agent_version) REFERENCES ai_agent_versions (organization_id, agent_id, version),
    FOREIGN KEY (organization_id, answered_by) REFERENCES messages (organization_id, id)
);
CREATE INDEX messages_page_idx ON messages (organization_id, conversation_id, ordered_at, id);
CREATE INDEX messages_due_idx ON messages (organization_id, conversation_id) WHERE answer_state = 'due';
CREATE INDEX messages_trouble_idx ON messages (organization_id, created_at, id) WHERE state IN ('failed', 'unknown');

-- One platform call each (R12, R13).
CREATE TABLE message_parts (
    organization_id uuid NOT NULL,
    message_id uuid NOT NULL,
    part integer NOT NULL,
    account_id uuid NOT NULL,
    text text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    -- Attempts and age count from here: when it was queued, or queued again by a person.
    queued_at timestamptz NOT NULL,
    attempts_when_queued integer NOT NULL DEFAULT 0,
    -- Of the newest attempt; travels with the send (R15).
    delivery_id uuid,
    external_id text,
    possible_duplicate boolean NOT NULL DEFAULT false,
    failure_code text,
    failure_advice text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, message_id, part),
    CONSTRAINT message_parts_external_key UNIQUE (organization_id, account_id, external_id),
    FOREIGN KEY (organization_id, message_id) REFERENCES messages (organization_id, id),
    FOREIGN KEY (organization_id, account_id) REFERENCES social_accounts (organization_id, id)
);

-- One row per attempt to send a part.
CREATE TABLE deliveries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    part integer NOT NULL,
    attempt integer NOT NULL,
    started_at timestamptz NOT NULL,
    answered_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'try_later', 'never', 'window_closed', 'account_broken', 'unknown')),
    code text,
    external_id text,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT deliveries_attempt_key UNIQUE (organization_id, message_id, part, attempt),
    FOREIGN KEY (organization_id, message_id, part) REFERENCES message_parts (organization_id, message_id, part)
);

-- Work per conversation: the lane is the conversation, in order (R12).
CREATE TABLE jobs (
    organization_id uuid NOT NULL REFERENCES organizations (organization_id),
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reply', 'deliver')),
    lane uuid NOT NULL,
    payload jsonb NOT NULL,
    request_id text,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'dead')),
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    locked_by text,
    locked_until timestamptz,
    -- How often a worker died or panicked over it; the third time parks it (R23).
    lost_leases integer NOT NULL DEFAULT 0,
    last_error text,
    -- Its place in the lane: the clock as the row is written, while the conversation is locked.
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX jobs_ready_idx ON jobs (organization_id, run_at) WHERE state = 'ready';
CREATE INDEX jobs_lane_idx ON jobs (organization_id, lane, kind, created_at, id) WHERE state IN ('ready', 'running');
CREATE INDEX jobs_running_idx ON jobs (locked_until) WHERE state = 'running';
CREATE INDEX jobs_dead_idx ON jobs (organization_id, finished_at, id) WHERE state = 'dead';
-- A burst of messages asks for one answer: while one waits, asking again only moves its time.
CREATE UNIQUE INDEX jobs_one_waiting_reply_key ON jobs (organization_id, lane) WHERE kind = 'reply' AND state = 'ready';

DO $$ DECLARE t text; BEGIN
    FOREACH t IN ARRAY ARRAY['inbound_events', 'contacts', 'contact_identities', 'conversations', 'messages',
        'message_parts', 'deliveries', 'jobs']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = nullif(current_setting(''app.organization_id'', true), '''')::uuid)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO banglachat_app', t);
    END LOOP;
    CREATE POLICY platform ON jobs USING (current_user = 'banglachat_platform');
    GRANT SELECT, UPDATE ON jobs TO banglachat_platform;
END $$;
