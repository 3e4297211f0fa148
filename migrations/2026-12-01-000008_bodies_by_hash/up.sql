-- The hash first: it tells bodies apart at once, where the app's name is the same for all of an organization's events.
CREATE UNIQUE INDEX CONCURRENTLY webhook_events_body_key ON webhook_events (body_hash, app, platform);
