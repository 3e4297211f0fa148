-- Claims of webhook events take turns over the apps that signed them, so that one organization's flood does not hold up the others.
-- One statement, outside of a transaction: webhooks are taken meanwhile.
CREATE INDEX CONCURRENTLY webhook_events_turn_idx ON webhook_events (app, run_at, id) WHERE state = 'ready';
