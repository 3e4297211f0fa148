ALTER TABLE messages
    ADD CONSTRAINT messages_client_key UNIQUE (organization_id, conversation_id, client_id),
    ADD CONSTRAINT messages_external_key UNIQUE (organization_id, account_id, external_id);
ALTER TABLE message_parts ADD CONSTRAINT message_parts_external_key UNIQUE (organization_id, account_id, external_id);
