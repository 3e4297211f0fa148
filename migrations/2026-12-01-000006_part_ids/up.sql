CREATE UNIQUE INDEX CONCURRENTLY message_parts_external_id_key ON message_parts (organization_id, account_id, external_id)
    WHERE external_id IS NOT NULL;
