import type { Shop } from './api'
import { sql } from './database'

/** Copies of rows that the server itself has made: whatever columns there are, they hold what it writes. */

/** A copy of `row` (an alias of the table) with other values. */
function copyOf(table: string, row: string, values: Record<string, string>) {
  const pairs = Object.entries(values).map(([column, value]) => `'${column}', ${value}`)
  return `LATERAL jsonb_populate_record(NULL::${table}, to_jsonb(${row}) || jsonb_build_object(${pairs.join(', ')})) AS made`
}

/** Gives the conversation `count` earlier messages, customer and agent in turn, a minute apart. */
export function manyMessages(shop: Shop, conversationId: string, count: number) {
  const own = `conversation_id = '${conversationId}'`
  const message = copyOf('messages', 'model', {
    id: 'copies.id',
    external_id: `'copy-' || copies.id`,
    client_id: 'NULL',
    answered_by: 'NULL',
    text: `CASE WHEN n % 7 = 0
      THEN 'বার্তা ' || n || repeat(' লাল জামদানি শাড়ির দাম আর ডেলিভারি সম্পর্কে জানতে চাই।', 1 + n % 5)
      ELSE 'বার্তা ' || n END`,
    answer_state: `CASE WHEN n % 2 = 0 THEN 'answered' END`,
    platform_time: 'at',
    ordered_at: 'at',
    created_at: 'at',
    updated_at: 'at',
  })
  const part = copyOf('message_parts', 'model', {
    message_id: 'copy.id',
    external_id: `'part-' || copy.id`,
    delivery_id: 'NULL',
    text: 'copy.text',
  })
  sql(
    `
    CREATE TEMP TABLE copies AS
      SELECT gen_random_uuid() AS id, n, (SELECT min(ordered_at) FROM messages WHERE ${own}) - make_interval(mins => n) AS at
      FROM generate_series(1, ${count}) AS n;
    INSERT INTO messages SELECT made.*
      FROM copies
      JOIN (SELECT DISTINCT ON (author) * FROM messages WHERE ${own} ORDER BY author, ordered_at) AS model
        ON author = CASE WHEN n % 2 = 0 THEN 'customer' ELSE 'agent' END,
      ${message};
    INSERT INTO message_parts SELECT made.*
      FROM messages AS copy JOIN copies ON copies.id = copy.id AND copy.author = 'agent',
      (SELECT p.* FROM message_parts p JOIN messages m ON m.id = p.message_id WHERE m.${own} LIMIT 1) AS model,
      ${part};
    ANALYZE messages;
    `,
    shop.id,
  )
}

/** Makes `count` more conversations like this one, each with one message, a minute apart, older and older; all wait for a person. */
export function manyConversations(shop: Shop, conversationId: string, count: number) {
  const contactOf = `(SELECT contact_id FROM conversations WHERE id = '${conversationId}')`
  const contact = copyOf('contacts', 'model', { id: 'contact', name: `'ক্রেতা ' || n`, created_at: 'at' })
  const identity = copyOf('contact_identities', 'model', { contact_id: 'contact', value: `'copy-' || n` })
  const conversation = copyOf('conversations', 'model', {
    id: 'conversation',
    contact_id: 'contact',
    needs_human: 'true',
    last_message_at: 'at',
    last_customer_message_at: 'at',
    created_at: 'at',
    updated_at: 'at',
    changed_at: 'at',
  })
  const message = copyOf('messages', 'model', {
    id: 'message',
    conversation_id: 'conversation',
    external_id: `'first-' || message`,
    answered_by: 'NULL',
    answer_state: `'answered'`,
    text: `'বার্তা ' || n`,
    platform_time: 'at',
    ordered_at: 'at',
    created_at: 'at',
    updated_at: 'at',
  })
  sql(
    `
    CREATE TEMP TABLE copies AS
      SELECT n, gen_random_uuid() AS contact, gen_random_uuid() AS conversation, gen_random_uuid() AS message,
             now() - make_interval(mins => n) AS at
      FROM generate_series(1, ${count}) AS n;
    UPDATE conversations SET needs_human = true WHERE id = '${conversationId}';
    INSERT INTO contacts SELECT made.* FROM copies, (SELECT * FROM contacts WHERE id = ${contactOf}) AS model, ${contact};
    INSERT INTO contact_identities SELECT made.*
      FROM copies, (SELECT * FROM contact_identities WHERE contact_id = ${contactOf} LIMIT 1) AS model, ${identity};
    INSERT INTO conversations SELECT made.*
      FROM copies, (SELECT * FROM conversations WHERE id = '${conversationId}') AS model, ${conversation};
    INSERT INTO messages SELECT made.*
      FROM copies,
      (SELECT * FROM messages WHERE conversation_id = '${conversationId}' AND author = 'customer' ORDER BY ordered_at LIMIT 1)
        AS model,
      ${message};
    ANALYZE contacts, conversations, messages;
    `,
    shop.id,
  )
}
