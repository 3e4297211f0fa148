//! What went wrong, in one place: parked jobs, messages that failed or are not confirmed, items that could not be read. Each with its
//! reason, each replayable, idempotently and audited (R19).

mod dead_letters;
mod inbound_events;
mod troubled_messages;

pub use dead_letters::{
    __path_list_dead_letters, __path_replay_dead_letter, list_dead_letters, replay_dead_letter,
};
pub use inbound_events::{
    __path_get_inbound_event, __path_list_inbound_events, __path_replay_inbound_event,
    get_inbound_event, list_inbound_events, replay_inbound_event,
};
pub use troubled_messages::{
    __path_dismiss_message, __path_list_troubled_messages, __path_resend_message, dismiss_message,
    list_troubled_messages, resend_message,
};
