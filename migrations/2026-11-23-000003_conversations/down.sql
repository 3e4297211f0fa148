DROP TABLE jobs, deliveries, message_parts, messages, conversations, contact_identities, contacts, inbound_events;
