ALTER TABLE platform_apps DROP COLUMN changed_at;
ALTER TABLE social_accounts DROP COLUMN changed_at;
DROP INDEX conversations_changed_idx;
ALTER TABLE conversations DROP COLUMN changed_at, DROP COLUMN snoozed_until, DROP COLUMN unread_count;
