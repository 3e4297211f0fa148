CREATE INDEX CONCURRENTLY webhook_events_ready_idx ON webhook_events (run_at, id) WHERE state = 'ready';
