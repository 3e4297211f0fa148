ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_body_key;
ALTER TABLE webhook_events ADD CONSTRAINT webhook_events_app_body_key UNIQUE (app, platform, body_hash);
CREATE UNIQUE INDEX webhook_events_body_key ON webhook_events (body_hash, app, platform);
