-- Ids that most messages do not have need no entry for each version of those messages.
CREATE UNIQUE INDEX CONCURRENTLY messages_client_id_key ON messages (organization_id, conversation_id, client_id) WHERE client_id IS NOT NULL;
