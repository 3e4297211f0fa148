-- A new name replaces the old one's words: few rows.
CREATE INDEX CONCURRENTLY conversation_words_name_idx ON conversation_words (organization_id, conversation_id) WHERE of_name;
