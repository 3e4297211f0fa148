DROP TABLE conversation_words;
DROP INDEX messages_statistics_idx, conversations_contact_idx, conversations_unread_idx, conversations_snoozed_idx,
    conversations_assignee_idx, conversations_closed_idx, conversations_ai_idx, conversations_needs_human_idx;
ALTER TABLE messages DROP COLUMN handoff, DROP COLUMN waited_since;
ALTER TABLE conversations DROP COLUMN waiting_since;
