CREATE INDEX conversation_words_word_idx ON conversation_words (organization_id, word, conversation_id);
CREATE UNIQUE INDEX conversation_words_by_word ON conversation_words (organization_id, word, conversation_id, of_name);
ALTER TABLE conversation_words
    DROP CONSTRAINT conversation_words_pkey,
    ADD CONSTRAINT conversation_words_pkey PRIMARY KEY (organization_id, conversation_id, word, of_name),
    ADD CONSTRAINT conversation_words_organization_id_conversation_id_fkey
        FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations (organization_id, id) ON DELETE CASCADE;
