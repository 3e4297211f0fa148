//! What to do next with a message that is on its way: one pure decision over what the database says (R13, R15, R21).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::outbox::Outbox;
use crate::channels::channel;
use crate::models::message_part::MessagePart;
use crate::models::social_account::Health;
use crate::worker::retry::{MAX_SEND_AGE, MAX_SEND_ATTEMPTS};

/// Shown for a part whose outcome nobody told us.
pub const NOT_CONFIRMED: &str = "Not confirmed: it may have arrived. Look at the chat on the platform, then resend or dismiss it.";

/// Why a part is unknown whose worker died while sending it.
pub const LOST: (&str, &str) = ("worker_lost", NOT_CONFIRMED);

#[derive(Debug, PartialEq)]
pub enum Next {
    /// Every part has ended.
    Finished,
    /// Not now.
    Wait {
        after: Duration,
        reason: &'static str,
    },
    /// A person gave it up: what has not gone out stays unsent.
    GivenUp,
    /// It must not be said any more.
    Cancel { reason: &'static str },
    /// It cannot be said any more.
    Fail {
        code: &'static str,
        advice: &'static str,
    },
    /// This part's worker died while sending.
    LostAttempt(usize),
    /// This part stays unknown until a person decides.
    StaysUnknown,
    /// Send this part; `again` after an outcome that nobody told us.
    Send { part: usize, again: bool },
}

pub fn decide(outbox: &Outbox, unknown_wait: Duration, now: DateTime<Utc>) -> Next {
    let open = outbox
        .parts
        .iter()
        .position(|part| matches!(part.state.as_str(), "queued" | "sending" | "unknown"));
    let Some(index) = open else {
        return Next::Finished;
    };
    if outbox.message.state == "cancelled" {
        return Next::GivenUp;
    }
    let part = &outbox.parts[index];
    if part.state == "sending" {
        // Before all else: nobody else says any more that its outcome is unknown.
        return Next::LostAttempt(index);
    }
    if outbox
        .parts
        .iter()
        .any(|part| matches!(part.state.as_str(), "failed" | "cancelled"))
    {
        // The rest of a message whose beginning never arrived makes no sense.
        return Next::Fail {
            code: "part_failed",
            advice: "An earlier part could not be sent; send the message again.",
        };
    }
    if part.state == "unknown" {
        return unknown(outbox, index, part, unknown_wait, now);
    }
    may_send(outbox, part, now).unwrap_or(Next::Send {
        part: index,
        again: false,
    })
}

/// R15: wait for an echo or status; then once more, flagged, if the account's webhooks evidently work; else it stays unknown.
fn unknown(
    outbox: &Outbox,
    index: usize,
    part: &MessagePart,
    unknown_wait: Duration,
    now: DateTime<Utc>,
) -> Next {
    let waited = (now - part.updated_at).to_std().unwrap_or_default();
    if waited < unknown_wait {
        return Next::Wait {
            after: unknown_wait - waited + Duration::from_secs(1),
            reason: "outcome unknown, waiting for an echo or status",
        };
    }
    let webhooks_work = outbox
        .account
        .last_event_at
        .is_some_and(|at| at > part.updated_at);
    if part.possible_duplicate || !webhooks_work {
        return Next::StaysUnknown;
    }
    may_send(outbox, part, now).unwrap_or(Next::Send {
        part: index,
        again: true,
    })
}

/// R21, right before sending: what forbids it, or `None`.
fn may_send(outbox: &Outbox, part: &MessagePart, now: DateTime<Utc>) -> Option<Next> {
    let by_agent = outbox.message.author == "agent";
    let account = &outbox.account;
    if by_agent && outbox.conversation.taken_by_human(now) {
        return Some(Next::Cancel {
            reason: "A person took over before it was sent.",
        });
    }
    if account.disconnected_at.is_some() {
        return Some(Next::Fail {
            code: "account_disconnected",
            advice: "The account was disconnected; connect it again, then resend.",
        });
    }
    if let Some(closed) = window_closed(outbox, by_agent, now) {
        return Some(closed);
    }
    let age = (now - part.queued_at).to_std().unwrap_or_default();
    let attempts = part.attempts - part.attempts_when_queued;
    if age > MAX_SEND_AGE || attempts >= MAX_SEND_ATTEMPTS {
        return Some(Next::Fail {
            code: "too_many_attempts",
            advice: "The platform did not take it for a day; check the account, then resend.",
        });
    }
    if account.health == Health::NeedsReconnect {
        return Some(Next::Wait {
            after: Duration::from_secs(30),
            reason: "the account must be reconnected",
        });
    }
    let pause = account
        .paused_until
        .map(|until| until - now)
        .filter(|pause| *pause > TimeDelta::zero());
    pause.map(|pause| Next::Wait {
        after: pause.to_std().unwrap_or_default(),
        reason: "the platform asked to slow down",
    })
}

fn window_closed(outbox: &Outbox, by_agent: bool, now: DateTime<Utc>) -> Option<Next> {
    const ADVICE: &str = "The customer's last message is too old for the platform to accept an answer; wait until they write again.";
    if outbox.message.comment_id.is_some() {
        return None;
    }
    let end = if by_agent {
        outbox.conversation.window_ends_at
    } else {
        outbox.conversation.human_window_ends_at
    };
    end.is_none_or(|end| end <= now).then_some(Next::Fail {
        code: "window_closed",
        advice: ADVICE,
    })
}

/// Whether a person's message needs the human agent tag: the plain window is over (reference 2.5).
pub fn needs_human_tag(outbox: &Outbox, now: DateTime<Utc>) -> bool {
    let tag_exists = channel(outbox.account.platform).is_some_and(|channel| {
        let limits = channel.limits();
        limits.human_window > limits.reply_window
    });
    tag_exists
        && outbox.message.author == "human"
        && outbox
            .conversation
            .window_ends_at
            .is_some_and(|end| end <= now)
}
