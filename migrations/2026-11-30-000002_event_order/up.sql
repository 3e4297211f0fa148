-- Nothing asks for the oldest event over all apps any more.
DROP INDEX CONCURRENTLY webhook_events_ready_idx;
