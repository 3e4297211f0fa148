-- What an answer costs, by the prices that the agent's version names: they change, so the sum is kept and not computed later.
ALTER TABLE ai_agent_versions
    ADD COLUMN input_price_usd_per_million double precision,
    ADD COLUMN output_price_usd_per_million double precision;
-- Null where no prices were known.
ALTER TABLE usage ADD COLUMN cost_usd double precision;

-- When somebody of the organization first tried an agent in the playground.
ALTER TABLE organizations ADD COLUMN playground_used_at timestamptz;

-- Null for entries from before this was noted.
ALTER TABLE knowledge_entries
    ADD COLUMN created_by uuid,
    ADD COLUMN updated_by uuid,
    ADD FOREIGN KEY (organization_id, created_by) REFERENCES memberships (organization_id, user_id),
    ADD FOREIGN KEY (organization_id, updated_by) REFERENCES memberships (organization_id, user_id);

-- What customers asked and no knowledge entry answers, once per question however it is spelled.
CREATE TABLE unanswered_questions (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    -- The phonetic key of the text: "দাম কত", "dam koto" and "daam kotto" are one question.
    fold_key text NOT NULL,
    -- As it was asked last, and where.
    text text NOT NULL,
    message_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    times_asked bigint NOT NULL,
    first_asked_at timestamptz NOT NULL,
    last_asked_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'answered', 'dismissed')),
    -- The entry that answers it.
    entry_id uuid,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT unanswered_questions_fold_key UNIQUE (organization_id, fold_key),
    CHECK ((state = 'answered') = (entry_id IS NOT NULL)),
    FOREIGN KEY (organization_id, message_id) REFERENCES messages (organization_id, id),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id),
    FOREIGN KEY (organization_id, entry_id) REFERENCES knowledge_entries (organization_id, id)
);
CREATE INDEX unanswered_questions_page_idx ON unanswered_questions (organization_id, state, last_asked_at, id);
-- Deleting an entry looks for the questions that it answers.
CREATE INDEX unanswered_questions_entry_idx ON unanswered_questions (organization_id, entry_id) WHERE entry_id IS NOT NULL;

-- Counts of what waits to be sent, by account. State is in another index's condition already, so this costs no HOT update.
CREATE INDEX messages_waiting_idx ON messages (organization_id, account_id) WHERE state IN ('queued', 'sending');

ALTER TABLE unanswered_questions ENABLE ROW LEVEL SECURITY;
ALTER TABLE unanswered_questions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON unanswered_questions
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON unanswered_questions TO banglachat_app;
