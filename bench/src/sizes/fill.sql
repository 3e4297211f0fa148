-- Conversations as they would have come in over ninety days: each lasts for a while, and its messages lie between those of others, in the
-- tables as in time. Every row that processing, replying and delivering leave is there; echoes and receipts are not.
-- {conversations}, {organizations}, {base_ms}, {tick_ms}, {texts}: put in by fill.rs.

CREATE FUNCTION bench_id(kind bigint, number bigint, ms bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(number), 15, '0'))::uuid $$;
CREATE FUNCTION bench_time(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT timestamptz 'epoch' + ms * interval '1 millisecond' $$;

CREATE UNLOGGED TABLE bench_texts (customer boolean, number integer, text text, wire text);
INSERT INTO bench_texts VALUES {texts};

-- The first is the one that was made through the API, with its page.
CREATE UNLOGGED TABLE bench_shops AS
    SELECT 0::bigint AS shop, a.organization_id, a.id AS account_id, a.external_id AS page, bench_id(3, 0, {base_ms}) AS agent_id
    FROM social_accounts a
    UNION ALL
    SELECT o, bench_id(1, o, {base_ms}), bench_id(2, o, {base_ms}), '20485760' || lpad(o::text, 8, '0'), bench_id(3, o, {base_ms})
    FROM generate_series(1, {organizations} - 1) o;

INSERT INTO organizations (organization_id, name, created_at, updated_at)
    SELECT organization_id, 'Shop ' || shop, bench_time({base_ms}), bench_time({base_ms}) FROM bench_shops WHERE shop > 0;
INSERT INTO memberships (organization_id, user_id, role, created_at, updated_at)
    SELECT s.organization_id, u.id, 'owner', u.created_at, u.created_at FROM bench_shops s CROSS JOIN users u WHERE s.shop > 0;
INSERT INTO ai_agents (organization_id, id, name, active, version, created_at, updated_at)
    SELECT organization_id, agent_id, 'Filled', true, 1, bench_time({base_ms}), bench_time({base_ms}) FROM bench_shops;
INSERT INTO ai_agent_versions (organization_id, agent_id, version, model_provider, system_prompt, language, temperature, max_answer_tokens,
        quiet_ms, history_budget_tokens, fallback_text, created_by, created_at)
    SELECT s.organization_id, s.agent_id, 1, 'knowledge', '', 'auto', 0.3, 400, 2500, 3000, 'x', u.id, bench_time({base_ms})
    FROM bench_shops s CROSS JOIN users u;
-- Nothing is sent from these, so that nobody opens their tokens.
INSERT INTO social_accounts (organization_id, id, platform, external_id, name, login, token_sealed, token_last4, auto_reply, health,
        created_at, updated_at)
    SELECT organization_id, account_id, 'facebook', page, 'Page', 'page', '\x00', 'none', false, 'ok', bench_time({base_ms}),
           bench_time({base_ms})
    FROM bench_shops WHERE shop > 0;
INSERT INTO account_directory (platform, external_id, organization_id, account_id)
    SELECT 'facebook', page, organization_id, account_id FROM bench_shops WHERE shop > 0;
ANALYZE bench_shops;

CREATE UNLOGGED TABLE bench_conversations AS
    SELECT c, s.organization_id, s.account_id, s.agent_id, s.page, '7' || lpad(c::text, 15, '0') AS person, {base_ms} + c * {tick_ms} AS ms,
           bench_id(4, c, {base_ms} + c * {tick_ms}) AS conversation_id, bench_id(5, c, {base_ms} + c * {tick_ms}) AS contact_id
    FROM generate_series(0::bigint, {conversations} - 1) c JOIN bench_shops s ON s.shop = c % {organizations};
ANALYZE bench_conversations;

-- In the order of time: at tick j the k-th message of the conversation that began 77 k ticks before.
CREATE UNLOGGED TABLE bench_messages AS
    SELECT b.organization_id, b.account_id, b.agent_id, b.page, b.person, b.conversation_id, b.c, k, at.ms, bench_id(6, b.c * 10 + k, at.ms) AS id,
           bench_id(6, b.c * 10 + k + 1, at.ms + 77 * {tick_ms} + 1) AS next_id, t.text, t.wire
    FROM generate_series(0::bigint, {conversations} + 692) j
    CROSS JOIN generate_series(0, 9) k
    JOIN bench_conversations b ON b.c = j - 77 * k
    CROSS JOIN LATERAL (SELECT {base_ms} + j * {tick_ms} + k AS ms) at
    JOIN bench_texts t ON t.customer = (k % 2 = 0) AND t.number = (b.c * 7 + k * 3) % (CASE WHEN k % 2 = 0 THEN 8 ELSE 6 END);
ANALYZE bench_messages;

INSERT INTO contacts (organization_id, id, name, created_at, updated_at)
    SELECT organization_id, contact_id, 'ক্রেতা ' || c, bench_time(ms), bench_time(ms) FROM bench_conversations ORDER BY c;
INSERT INTO contact_identities (organization_id, account_id, kind, value, contact_id, created_at)
    SELECT organization_id, account_id, 'psid', person, contact_id, bench_time(ms) FROM bench_conversations ORDER BY c;
INSERT INTO conversations (organization_id, id, account_id, contact_id, status, ai_state, needs_human, window_ends_at, human_window_ends_at,
        generation, last_message_at, last_customer_message_at, created_at, updated_at, changed_at, unread_count, waiting_since)
    SELECT organization_id, conversation_id, account_id, contact_id, CASE WHEN c % 10 = 0 THEN 'open' ELSE 'resolved' END, 'on', c % 50 = 0,
           at.last + interval '1 day', at.last + interval '7 days', 5, at.last, at.last - interval '1 second', bench_time(ms), at.last, at.last,
           CASE WHEN c % 20 = 0 THEN 1 ELSE 0 END, CASE WHEN c % 50 = 0 THEN at.last END
    FROM bench_conversations CROSS JOIN LATERAL (SELECT bench_time(ms + 693 * {tick_ms} + 9) AS last) at
    ORDER BY c;

INSERT INTO webhook_events (id, platform, app, organization_id, body, body_hash, received_at, state, run_at, attempts, items, ignored_items,
        processed_at)
    SELECT bench_id(7, c * 10 + k, ms), 'facebook', 'org:' || organization_id, organization_id, w.body, sha256(w.body), bench_time(ms), 'done', bench_time(ms), 1,
           1, 0, bench_time(ms + 20)
    FROM bench_messages CROSS JOIN LATERAL (SELECT convert_to('{"object":"page","entry":[{"id":"' || page || '","time":' || ms
        || ',"messaging":[{"sender":{"id":"' || person || '"},"recipient":{"id":"' || page || '"},"timestamp":' || ms
        || ',"message":{"mid":"m_in-' || c || '-' || k || '","text":"' || wire || ' ' || c || '"}}]}]}', 'UTF8') AS body) w
    WHERE k % 2 = 0;
INSERT INTO inbound_events (organization_id, id, webhook_event_id, item, account_id, kind, raw, state, received_at)
    SELECT organization_id, bench_id(8, c * 10 + k, ms), bench_id(7, c * 10 + k, ms), 0, account_id, 'message',
           '{"message":{"mid":"m_in-' || c || '-' || k || '","text":"' || text || ' ' || c || '"},"recipient":{"id":"' || page
               || '"},"sender":{"id":"' || person || '"},"timestamp":' || ms || '}',
           'applied', bench_time(ms)
    FROM bench_messages WHERE k % 2 = 0;
INSERT INTO messages (organization_id, id, conversation_id, account_id, author, kind, text, normalized_text, external_id, platform_time,
        ordered_at, agent_id, agent_version, state, answer_state, answered_by, created_at, updated_at, waited_since)
    SELECT organization_id, id, conversation_id, account_id, CASE WHEN asks THEN 'customer' ELSE 'agent' END, 'text', text || ' ' || c,
           CASE WHEN asks THEN lower(text) || ' ' || c END, CASE WHEN asks THEN 'm_in-' ELSE 'm_out-' END || c || '-' || k,
           CASE WHEN asks THEN bench_time(ms) END, bench_time(ms), CASE WHEN NOT asks THEN agent_id END, CASE WHEN NOT asks THEN 1 END,
           CASE WHEN asks THEN 'received' ELSE 'sent' END, CASE WHEN asks THEN 'answered' END, CASE WHEN asks THEN next_id END,
           bench_time(ms), bench_time(ms), CASE WHEN NOT asks THEN bench_time(ms - 77 * {tick_ms} - 1) END
    FROM bench_messages CROSS JOIN LATERAL (SELECT k % 2 = 0 AS asks) who;
INSERT INTO message_parts (organization_id, message_id, part, account_id, text, state, attempts, queued_at, delivery_id, external_id, updated_at)
    SELECT organization_id, id, 0, account_id, text || ' ' || c, 'sent', 1, bench_time(ms), bench_id(9, c * 10 + k, ms),
           'm_out-' || c || '-' || k, bench_time(ms)
    FROM bench_messages WHERE k % 2 = 1;
INSERT INTO deliveries (organization_id, id, message_id, part, attempt, started_at, answered_at, outcome, external_id)
    SELECT organization_id, bench_id(9, c * 10 + k, ms), id, 0, 1, bench_time(ms), bench_time(ms + 200), 'sent', 'm_out-' || c || '-' || k
    FROM bench_messages WHERE k % 2 = 1;
INSERT INTO jobs (organization_id, id, kind, lane, payload, state, run_at, attempts, max_attempts, created_at, finished_at)
    SELECT organization_id, bench_id(10, c * 10 + k, ms), CASE WHEN k % 2 = 0 THEN 'reply' ELSE 'deliver' END, conversation_id,
           jsonb_build_object('message_id', id), 'done', bench_time(ms), 1, 12, bench_time(ms), bench_time(ms + 50)
    FROM bench_messages;

-- Words that the server itself has made of such texts, about a quarter of them in each conversation; a number that is its own, a name.
CREATE UNLOGGED TABLE bench_words AS
    SELECT row_number() OVER (ORDER BY word) AS number, word FROM (SELECT DISTINCT word FROM conversation_words) w;
INSERT INTO conversation_words (organization_id, conversation_id, word, of_name)
    SELECT b.organization_id, b.conversation_id, w.word, w.of_name
    FROM bench_conversations b
    CROSS JOIN LATERAL (
        SELECT word, false AS of_name FROM bench_words WHERE hashint8(b.c * 1000 + number) & 3 = 0
        UNION SELECT b.c::text, false
        UNION SELECT 'nam' || b.c % 5000, true) w
    ORDER BY b.c;

-- Who writes while it is measured, and whose threads are read.
CREATE TABLE bench_sample AS
    SELECT page, person, conversation_id, organization_id, c FROM bench_conversations
    WHERE c % greatest({conversations} / 4000, 1) = 0;
DROP TABLE bench_messages, bench_conversations, bench_shops, bench_texts, bench_words;
