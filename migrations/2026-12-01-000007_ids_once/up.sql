ALTER TABLE messages DROP CONSTRAINT messages_client_key, DROP CONSTRAINT messages_external_key;
ALTER TABLE message_parts DROP CONSTRAINT message_parts_external_key;
