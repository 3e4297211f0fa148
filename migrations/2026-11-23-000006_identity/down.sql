DROP TABLE api_keys, mails, password_resets;
DROP INDEX organizations_suspended_idx, users_page_idx;
ALTER TABLE users
    DROP COLUMN language,
    DROP COLUMN theme,
    DROP COLUMN shortcuts,
    DROP COLUMN sound,
    DROP COLUMN viewing_organization_id,
    DROP COLUMN viewing_organization_name,
    DROP COLUMN viewing_until;
