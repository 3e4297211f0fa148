-- The roles stay: other databases of the same server may use them.
DROP TABLE webhook_events, account_directory, identity_audit_log, sign_in_failures, invitations, refresh_tokens, sessions, users;
DROP EXTENSION pg_trgm;
