DROP INDEX messages_waiting_idx;
DROP TABLE unanswered_questions;
ALTER TABLE knowledge_entries DROP COLUMN created_by, DROP COLUMN updated_by;
ALTER TABLE organizations DROP COLUMN playground_used_at;
ALTER TABLE usage DROP COLUMN cost_usd;
ALTER TABLE ai_agent_versions DROP COLUMN input_price_usd_per_million, DROP COLUMN output_price_usd_per_million;
