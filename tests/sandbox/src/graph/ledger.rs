//! What the platform accepted and what it refused. The truth that tests compare the server with.

use std::collections::{HashSet, VecDeque};

use serde::Serialize;

use super::account::Platform;

/// A full ledger refuses further messages rather than forget one.
const MAX_EFFECTS: usize = 200_000;
/// Refused calls are for reading, not for counting: the oldest are forgotten.
const MAX_REFUSALS: usize = 10_000;

/// A message that the platform accepted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// Counts effects and refusals together, from 1.
    pub seq: u64,
    pub time_ms: i64,
    pub platform: Platform,
    /// The account's external id.
    pub account: String,
    /// The whole token of the call: an invented one, and tests compare it.
    pub token: String,
    pub recipient: String,
    pub text: Option<String>,
    /// `metadata` or `biz_opaque_callback_data`.
    pub correlation: Option<String>,
    /// The answered comment of a private reply.
    pub comment_id: Option<String>,
    pub message_id: String,
    /// The body as received.
    pub raw: String,
}

/// A call that had no effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusal {
    pub seq: u64,
    pub time_ms: i64,
    pub account: Option<String>,
    pub path: String,
    /// None when there was no answer at all.
    pub status: Option<u16>,
    /// Meta's code, where the answer carried one.
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    /// The error's message, or the name of the fault.
    pub reason: String,
    pub raw: String,
}

#[derive(Debug, Default)]
pub struct Ledger {
    seq: u64,
    effects: Vec<Effect>,
    refusals: VecDeque<Refusal>,
    answered_comments: HashSet<String>,
}

/// Why an effect was not written down.
#[derive(Debug, PartialEq, Eq)]
pub enum NotWritten {
    Full,
    CommentAnswered,
}

impl Ledger {
    /// Appends; sets `seq`. A comment is answered once.
    pub fn accept(&mut self, mut effect: Effect) -> Result<Effect, NotWritten> {
        if self.effects.len() >= MAX_EFFECTS {
            return Err(NotWritten::Full);
        }
        if let Some(comment) = &effect.comment_id
            && !self.answered_comments.insert(comment.clone())
        {
            return Err(NotWritten::CommentAnswered);
        }
        effect.seq = self.next_seq();
        self.effects.push(effect.clone());
        Ok(effect)
    }

    pub fn refuse(&mut self, mut refusal: Refusal) {
        refusal.seq = self.next_seq();
        if self.refusals.len() >= MAX_REFUSALS {
            self.refusals.pop_front();
        }
        self.refusals.push_back(refusal);
    }

    fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Those after this `seq`, oldest first.
    pub fn effects_after(&self, seq: u64, limit: usize) -> Vec<Effect> {
        let start = self.effects.partition_point(|effect| effect.seq <= seq);
        self.effects[start..].iter().take(limit).cloned().collect()
    }

    pub fn effect_count(&self) -> usize {
        self.effects.len()
    }

    pub fn refusals(&self) -> Vec<Refusal> {
        self.refusals.iter().cloned().collect()
    }
}
