//! What Meta's three products share: the signature, the body of a webhook, the messaging items of pages and Instagram,
//! Graph requests and their answers, and the one table of error codes (R14).
//!
//! Ids are strings here, whatever they were on the wire; every field of a platform may be missing, null or of another
//! type. "Reference" in comments is the engineering reference of Meta's platforms the numbering of which is used all
//! over the server.

pub mod attachments;
pub mod body;
pub mod check;
pub mod comments;
pub mod errors;
pub mod graph;
pub mod json;
pub mod mend;
pub mod page_entry;
pub mod page_message;
pub mod signature;
pub mod waiting;

#[cfg(test)]
mod tests;
