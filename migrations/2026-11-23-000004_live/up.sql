-- What the live inbox needs: when something last changed, by the database's clock, and who has seen what.
ALTER TABLE conversations
    -- Set by everything that changes the conversation, its messages or their parts, at the end of the transaction.
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN snoozed_until timestamptz,
    -- The customer's messages that nobody has looked at.
    ADD COLUMN unread_count integer NOT NULL DEFAULT 0 CHECK (unread_count >= 0);
CREATE INDEX conversations_changed_idx ON conversations (organization_id, changed_at);

-- Not when an event arrived, which is on every webhook: health, token, agent, name.
ALTER TABLE social_accounts ADD COLUMN changed_at timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE platform_apps ADD COLUMN changed_at timestamptz NOT NULL DEFAULT clock_timestamp();
GRANT UPDATE (changed_at) ON platform_apps TO banglachat_platform;
