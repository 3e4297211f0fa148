//! Rows and their queries: knows diesel, not actix. Query methods sit on the row struct, take the transaction first and return
//! `QueryResult`; transactions are opened by handlers and pipeline steps.

pub mod account_directory;
pub mod agent;
pub mod api_key;
pub mod audit;
pub mod change;
pub mod contact;
pub mod conversation;
pub mod conversation_word;
pub mod identity_audit;
pub mod inbound_event;
pub mod inbox;
pub mod inbox_row;
pub mod invitation;
pub mod job;
pub mod knowledge_entry;
pub mod listed_user;
pub mod mail;
pub mod member;
pub mod message;
pub mod message_part;
pub mod onboarding;
pub mod organization;
pub mod organization_numbers;
pub mod password_reset;
pub mod platform_app;
pub mod platform_queue;
pub mod preferences;
pub mod session;
pub mod social_account;
pub mod statistics;
pub mod stored_text;
pub mod system_event;
pub mod usage;
pub mod user;
pub mod webhook_event;
