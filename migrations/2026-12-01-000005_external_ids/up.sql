CREATE UNIQUE INDEX CONCURRENTLY messages_external_id_key ON messages (organization_id, account_id, external_id) WHERE external_id IS NOT NULL;
