//! The closed sets of label values.

/// One label: its name, and every value it can have.
pub trait Label: Copy + 'static {
    const NAME: &'static str;
    const ALL: &'static [Self];
    fn as_str(self) -> &'static str;
    fn index(self) -> usize;
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident $label:literal { $($(#[$value_doc:meta])* $value:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$value_doc])* $value),+ }

        impl Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$value),+];
            fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text),+ }
            }
            fn index(self) -> usize {
                self as usize
            }
        }
    )+};
}

labels! {
    /// The worker's queues.
    Step "step" { Events = "events", Reply = "reply", Deliver = "deliver", Mail = "mail" }

    /// How a webhook was answered.
    AckResult "result" {
        Stored = "stored",
        /// Wrong signature, unknown address, too large, too slow: the sender's fault.
        Refused = "refused",
        /// The platform brings it again.
        Unavailable = "unavailable",
        Failed = "failed",
    }

    /// How processing of an event ended.
    EventResult "result" { Done = "done", Again = "again", Dead = "dead" }

    /// What became of an item of an event.
    ItemResult "result" { Applied = "applied", Stored = "stored", Quarantined = "quarantined", Ignored = "ignored" }

    /// The outcome classes of R14.
    SendClass "class" {
        Sent = "sent", TryLater = "try_later", Never = "never", WindowClosed = "window_closed", AccountBroken = "account_broken",
        Unknown = "unknown",
    }

    /// How a model call ended.
    ModelResult "result" {
        Answered = "answered", RateLimited = "rate_limited", Unavailable = "unavailable", Refused = "refused", Garbage = "garbage",
        BreakerOpen = "breaker_open",
    }

    Direction "direction" { Input = "input", Output = "output" }

    /// Why a sign-in was refused.
    SignInFailure "reason" { WrongPassword = "wrong_password", Throttled = "throttled" }

    /// What was refused over capacity (R29).
    Shed "class" {
        Webhooks = "webhooks",
        /// One organization's share of the webhooks.
        Organization = "organization",
        Api = "api",
        Exports = "exports",
        /// Memory of webhook bodies.
        Bodies = "bodies",
        Passwords = "passwords",
    }

    /// Classes of requests, the first the most urgent.
    Class "class" { Webhooks = "webhooks", Api = "api", Exports = "exports" }

    /// The invariants that production samples.
    Invariant "invariant" {
        /// An acknowledged event that is neither done nor dead long after, or done without its items.
        Lost = "i1_lost",
        /// More accepted sends of a part than allowed, not flagged.
        Doubled = "i3_doubled",
        /// Due work, leases and sends older than their time.
        Stuck = "i4_stuck",
    }
}

impl AckResult {
    pub fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Stored,
            503 => Self::Unavailable,
            500.. => Self::Failed,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions_fit<L: Label>() {
        for (position, value) in L::ALL.iter().enumerate() {
            assert_eq!(value.index(), position);
        }
    }

    #[test]
    fn every_value_stands_at_its_own_place() {
        positions_fit::<Step>();
        positions_fit::<SendClass>();
        positions_fit::<Shed>();
        positions_fit::<Invariant>();
    }

    #[test]
    fn a_webhooks_answer_is_counted_by_whose_fault_it_was() {
        let of = |status| AckResult::of(status).as_str();
        assert_eq!(
            [of(200), of(401), of(413)],
            ["stored", "refused", "refused"]
        );
        assert_eq!([of(500), of(503)], ["failed", "unavailable"]);
    }
}
