//! The three worker steps between a stored webhook event and a sent answer:
//!
//! ```text
//! webhook_events --process--> messages --reply--> messages (outbound) --deliver--> platform
//! ```
//!
//! Each is a plain async function over the shared state, safe to run twice, with no network call inside a transaction.

pub mod batches;
pub mod deliver;
pub mod process;
pub mod reply;
pub mod together;
