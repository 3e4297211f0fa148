-- No foreign key: words are written under the lock of their conversation, which is never removed alone; the check cost a third of the row.
ALTER TABLE conversation_words
    DROP CONSTRAINT conversation_words_organization_id_conversation_id_fkey,
    DROP CONSTRAINT conversation_words_pkey,
    ADD CONSTRAINT conversation_words_pkey PRIMARY KEY USING INDEX conversation_words_by_word;
DROP INDEX conversation_words_word_idx;
