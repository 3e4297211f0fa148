DROP INDEX CONCURRENTLY messages_client_id_key;
