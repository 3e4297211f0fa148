-- Since when the customer waits for an answer; null when nobody waits.
ALTER TABLE conversations ADD COLUMN waiting_since timestamptz;
-- Of an answer: since when the customer had waited for it. Response times are read from here.
ALTER TABLE messages ADD COLUMN waited_since timestamptz;
-- Of an agent's answer with which it called a person: why.
ALTER TABLE messages ADD COLUMN handoff text;
ALTER TABLE messages ADD CONSTRAINT messages_handoff_check
    CHECK (handoff IN ('not_known', 'human_requested', 'complaint', 'model_failed'));

-- One index per tab of the inbox, in the order of its page. Their conditions name no time: what ends by itself (a snooze, a pause) is
-- judged by the statement.
CREATE INDEX conversations_needs_human_idx ON conversations (organization_id, last_message_at, id)
    WHERE status = 'open' AND (needs_human OR waiting_since IS NOT NULL AND ai_state <> 'on');
CREATE INDEX conversations_ai_idx ON conversations (organization_id, last_message_at, id)
    WHERE status = 'open' AND NOT needs_human AND ai_state <> 'off';
CREATE INDEX conversations_closed_idx ON conversations (organization_id, last_message_at, id) WHERE status = 'resolved';
-- Also for the filter by assignee in the other tabs.
CREATE INDEX conversations_assignee_idx ON conversations (organization_id, assignee_id, status, last_message_at, id)
    WHERE assignee_id IS NOT NULL;
CREATE INDEX conversations_snoozed_idx ON conversations (organization_id, snoozed_until)
    WHERE status = 'open' AND snoozed_until IS NOT NULL;
CREATE INDEX conversations_unread_idx ON conversations (organization_id, last_message_at, id) WHERE unread_count > 0;
CREATE INDEX conversations_contact_idx ON conversations (organization_id, contact_id);

-- All that the day's numbers read of a message.
CREATE INDEX messages_statistics_idx ON messages (organization_id, created_at)
    INCLUDE (author, conversation_id, account_id, agent_id, state, handoff, waited_since);

-- The words of a conversation, for the search of the inbox: phonetic keys (text::index_words), of its messages and of its contact's name.
-- A table of words, because an index on texts (trigrams, arrays) is not used under row level security: their operators are not leakproof.
CREATE TABLE conversation_words (
    organization_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    word text COLLATE "C" NOT NULL,
    of_name boolean NOT NULL,
    PRIMARY KEY (organization_id, conversation_id, word, of_name),
    FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_words_word_idx ON conversation_words (organization_id, word, conversation_id);

-- What is there already. The owner is no superuser everywhere: row level security would hide the rows from this migration.
ALTER TABLE conversations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE messages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE contacts NO FORCE ROW LEVEL SECURITY;
UPDATE conversations c SET waiting_since = (
    SELECT min(m.ordered_at) FROM messages m
    WHERE m.organization_id = c.organization_id AND m.conversation_id = c.id AND m.author = 'customer' AND m.kind <> 'sticker'
      AND NOT EXISTS (SELECT FROM messages a
          WHERE a.organization_id = c.organization_id AND a.conversation_id = c.id AND a.author IN ('agent', 'human')
            AND a.state NOT IN ('failed', 'cancelled') AND a.ordered_at >= m.ordered_at));
-- SQL cannot fold: older texts are found by their words as they were written.
INSERT INTO conversation_words
    SELECT DISTINCT m.organization_id, m.conversation_id, left(word, 32), false
    FROM messages m CROSS JOIN LATERAL regexp_split_to_table(left(m.normalized_text, 4000), ' ') AS word WHERE word <> ''
    UNION ALL
    SELECT DISTINCT c.organization_id, c.id, left(word, 32), true
    FROM conversations c JOIN contacts p ON p.organization_id = c.organization_id AND p.id = c.contact_id
    CROSS JOIN LATERAL regexp_split_to_table(lower(p.name), '[[:space:][:punct:]]+') AS word WHERE word <> '';
ALTER TABLE conversations FORCE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
ALTER TABLE contacts FORCE ROW LEVEL SECURITY;

ALTER TABLE conversation_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversation_words FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON conversation_words
    USING (organization_id = nullif(current_setting('app.organization_id', true), '')::uuid);
GRANT SELECT, INSERT, DELETE ON conversation_words TO banglachat_app;
