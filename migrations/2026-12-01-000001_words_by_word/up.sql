-- The search's index becomes the key: a message's words are the most that is written for it, and each was written into two indexes.
-- One statement, outside of a transaction: messages are stored meanwhile.
CREATE UNIQUE INDEX CONCURRENTLY conversation_words_by_word ON conversation_words (organization_id, word, conversation_id, of_name);
