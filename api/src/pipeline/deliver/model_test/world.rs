//! The clock, and all that acts on a message: its worker, the platform, people.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::check::{NOT_CONFIRMED, Next, decide};
use super::rows::{Attempt, Rows};
use super::{UNKNOWN_WAIT, moment};
use crate::channels::{
    ChannelKind, Failure, FailureClass, HttpReply, Outcome, PauseScope, channel,
};
use crate::ids::DeliveryId;
use crate::models::social_account::Health;

/// A worker's lease; after a crash its job is claimed again when it has run out.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// More steps than any way through takes: a loop would be found by it.
const MOST_STEPS: usize = 20_000;

/// When the platform tells by an echo or a status that it has a message.
#[derive(Debug, Clone, Copy)]
pub enum Told {
    Never,
    BeforeTheAnswer,
    /// Seconds after the call was begun.
    After(i64),
}

#[derive(Debug, Clone, Copy)]
pub enum Answer {
    Accepts(Told),
    AcceptsThenSilence(Told),
    AcceptsThen5xx(Told),
    AcceptsThenGarbage(Told),
    /// Accepted; a status says after these seconds that it did not arrive.
    AcceptsThenReportsFailure(i64),
    Silence,
    NoConnection,
    /// 429, with or without `Retry-After`.
    Limited(Option<u64>),
    PairLimited,
    TokenRefused,
    Never,
    WindowClosed,
    UnlistedCode,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Crash {
    Not,
    BeforeTheCall,
    AfterTheCall,
}

/// What happens at one call.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    pub answer: Answer,
    pub crash: Crash,
    /// How long the call takes.
    pub seconds: i64,
    /// How long after an unknown outcome somebody looks, mostly too early.
    pub look: i64,
}

/// What others do.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    TakeOver,
    GiveBack,
    Resend,
    Dismiss,
    Reconnect,
    Disconnect,
    OtherWebhook,
    CustomerWrites,
    /// Another job of the same message looks while its outcome is waited for.
    LookEarly,
}

#[derive(Debug, Clone)]
enum Event {
    Deed(Deed),
    Arrived(DeliveryId, String),
    ReportedFailed(DeliveryId),
}

/// One begun attempt, as nobody in the system knows it.
#[derive(Debug, Clone)]
pub struct Call {
    pub part: usize,
    pub at: DateTime<Utc>,
    pub again: bool,
    pub accepted: bool,
    pub reported_failed: bool,
    /// Whether the worker learned for sure that it was or was not accepted.
    pub known: bool,
    /// Refused for now: how many seconds were told, zero for none.
    pub refused: Option<i64>,
    pub queued_at: DateTime<Utc>,
    pub last_webhook: Option<DateTime<Utc>>,
    /// Why it should not have been begun.
    pub forbidden: Option<&'static str>,
    delivery: DeliveryId,
}

#[derive(Debug, Clone)]
pub struct World {
    pub rows: Rows,
    pub calls: Vec<Call>,
    pub resends_of_unknown: Vec<usize>,
    pub last_queued_at: DateTime<Utc>,
    /// When the job was done the last time.
    pub ended_at: DateTime<Utc>,
    /// What the job waits for.
    pub reason: String,
    now: DateTime<Utc>,
    /// A person gave it up, and nobody sent it again since.
    dismissed: bool,
    behaviours: Vec<Behaviour>,
    /// What will happen, by time and order of planning.
    ahead: BTreeMap<(DateTime<Utc>, usize), Event>,
    planned: usize,
}

impl World {
    pub fn new(
        platform: ChannelKind,
        by_agent: bool,
        parts: usize,
        window: i64,
        behaviours: Vec<Behaviour>,
    ) -> Self {
        Self {
            rows: Rows::new(platform, by_agent, parts, window),
            calls: Vec::new(),
            resends_of_unknown: vec![0; parts],
            last_queued_at: moment(0),
            ended_at: moment(0),
            reason: String::new(),
            now: moment(0),
            dismissed: false,
            behaviours,
            ahead: BTreeMap::new(),
            planned: 0,
        }
    }

    /// Something that somebody does so many seconds after the beginning.
    pub fn plan(&mut self, seconds: i64, deed: Deed) {
        self.at(moment(seconds), Event::Deed(deed));
    }

    fn at(&mut self, when: DateTime<Utc>, event: Event) {
        self.planned += 1;
        self.ahead.insert((when, self.planned), event);
    }

    /// Lets time pass until nothing is ahead any more.
    pub fn run(&mut self) {
        for _ in 0..MOST_STEPS {
            let event = self.ahead.keys().next().map(|(at, _)| *at);
            match (self.rows.job, event) {
                (None, None) => return,
                (Some(due), event) if event.is_none_or(|at| due <= at) => {
                    self.now = self.now.max(due);
                    self.work();
                }
                _ => self.happen(),
            }
        }
        panic!("no end: {self:#?}");
    }

    fn happen(&mut self) {
        let Some(((at, _), event)) = self.ahead.pop_first() else {
            return;
        };
        self.now = self.now.max(at);
        match event {
            Event::Deed(deed) => self.act(deed),
            Event::Arrived(delivery, external_id) => {
                self.rows.outbox.account.last_event_at = Some(self.now);
                self.rows.confirm(delivery, &external_id, self.now);
            }
            Event::ReportedFailed(delivery) => {
                self.rows.outbox.account.last_event_at = Some(self.now);
                let call = self.calls.iter_mut().find(|call| call.delivery == delivery);
                call.expect("it was begun").reported_failed = true;
                self.rows.report_failure(delivery, self.now);
            }
        }
    }

    fn act(&mut self, deed: Deed) {
        let outbox = &mut self.rows.outbox;
        match deed {
            Deed::TakeOver => {
                outbox.conversation.ai_state = "off".to_owned();
                outbox.conversation.ai_reason = Some("taken_over".to_owned());
            }
            Deed::GiveBack => {
                outbox.conversation.ai_state = "on".to_owned();
                outbox.conversation.ai_reason = None;
            }
            Deed::Resend => self.resend(),
            Deed::Dismiss => self.dismissed |= self.rows.dismiss(self.now),
            Deed::Reconnect => {
                outbox.account.health = Health::Ok;
                outbox.account.disconnected_at = None;
            }
            Deed::Disconnect => outbox.account.disconnected_at = Some(self.now),
            Deed::OtherWebhook => outbox.account.last_event_at = Some(self.now),
            Deed::LookEarly => {
                if self.rows.job.is_some() && self.rows.outbox.message.state == "unknown" {
                    self.rows.job = Some(self.now);
                }
            }
            Deed::CustomerWrites => {
                outbox.account.last_event_at = Some(self.now);
                outbox.conversation.window_ends_at = Some(self.now + TimeDelta::hours(24));
                outbox.conversation.human_window_ends_at = Some(self.now + TimeDelta::hours(24));
            }
        }
    }

    fn resend(&mut self) {
        if let Some(unconfirmed) = self.rows.resend(self.now) {
            self.last_queued_at = self.now;
            self.dismissed = false;
            for part in unconfirmed {
                self.resends_of_unknown[part] += 1;
            }
        }
    }

    /// One run of the job, as `deliver` makes it.
    fn work(&mut self) {
        loop {
            match decide(&self.rows.outbox, UNKNOWN_WAIT, self.now) {
                Next::Finished => {
                    if self
                        .rows
                        .outbox
                        .parts
                        .iter()
                        .all(|part| part.state == "sent")
                    {
                        self.rows.set_message("sent");
                    }
                    return self.done();
                }
                Next::Wait { after, reason } => {
                    self.reason = reason.to_owned();
                    // A second at least, as the queue's claims come.
                    let after = TimeDelta::from_std(after)
                        .expect("at most a day")
                        .max(TimeDelta::seconds(1));
                    self.rows.job = Some(self.now + after);
                    return;
                }
                Next::Cancel { .. } => {
                    self.rows.end_rest("cancelled", self.now);
                    return self.done();
                }
                Next::Fail { .. } => {
                    self.rows.end_rest("failed", self.now);
                    return self.done();
                }
                Next::GivenUp => {
                    self.rows.give_up_all(self.now);
                    return self.done();
                }
                Next::LostAttempt(part) => {
                    self.rows.set_part(part, "unknown", false, self.now);
                    self.rows.set_message("unknown");
                    self.rows.job =
                        Some(self.now + TimeDelta::from_std(UNKNOWN_WAIT).expect("in range"));
                    return;
                }
                Next::StaysUnknown => return self.done(),
                Next::Send { part, again } => {
                    if !self.call(part, again) {
                        return;
                    }
                }
            }
        }
    }

    fn done(&mut self) {
        self.rows.end_job(self.now);
        self.ended_at = self.now;
    }

    /// One attempt from commit to commit; true if the run goes on with the next part.
    fn call(&mut self, part: usize, again: bool) -> bool {
        let behaviour = self.behaviours[self.calls.len() % self.behaviours.len()];
        let call = Call {
            part,
            at: self.now,
            again,
            accepted: false,
            reported_failed: false,
            known: false,
            refused: None,
            queued_at: self.rows.outbox.parts[part].queued_at,
            last_webhook: self.rows.outbox.account.last_event_at,
            forbidden: self.forbidden(),
            delivery: DeliveryId::new(),
        };
        let attempt = self.rows.start(part, again, self.now);
        self.calls.push(Call {
            delivery: attempt.delivery,
            ..call
        });
        if behaviour.crash == Crash::BeforeTheCall {
            self.rows.job = Some(self.now + LEASE);
            return false;
        }
        let outcome = self.answer(attempt, behaviour.answer);
        self.pass(behaviour.seconds);
        if behaviour.crash == Crash::AfterTheCall {
            self.rows.job = Some(self.now + LEASE);
            return false;
        }
        self.learn(&outcome);
        if outcome_is_unknown(&outcome) {
            self.is_looked_at(behaviour.look);
        }
        let goes_on = self.rows.record(attempt, &outcome, UNKNOWN_WAIT, self.now);
        if !goes_on && self.rows.job.is_none() {
            self.ended_at = self.now;
        }
        goes_on
    }

    /// Another webhook comes every second time, and then another job of the message looks.
    fn is_looked_at(&mut self, seconds: i64) {
        if seconds % 2 == 0 {
            self.at(
                self.now + TimeDelta::seconds(seconds / 2),
                Event::Deed(Deed::OtherWebhook),
            );
        }
        self.at(
            self.now + TimeDelta::seconds(seconds),
            Event::Deed(Deed::LookEarly),
        );
    }

    /// What happens meanwhile happens before the answer is written down.
    fn pass(&mut self, seconds: i64) {
        let until = self.now + TimeDelta::seconds(seconds);
        while self.ahead.keys().next().is_some_and(|(at, _)| *at <= until) {
            self.happen();
        }
        self.now = self.now.max(until);
    }

    /// Why nothing may be sent now, by the rules' words and not by the code's.
    fn forbidden(&self) -> Option<&'static str> {
        let outbox = &self.rows.outbox;
        let by_agent = outbox.message.author == "agent";
        let window = if by_agent {
            outbox.conversation.window_ends_at
        } else {
            outbox.conversation.human_window_ends_at
        };
        let states = || outbox.parts.iter().map(|part| part.state.as_str());
        let reasons = [
            (self.dismissed, "a person gave it up"),
            (
                states().any(|state| matches!(state, "failed" | "cancelled")),
                "a part has failed",
            ),
            (
                by_agent && outbox.conversation.ai_state == "off",
                "a person took over",
            ),
            (
                outbox.account.disconnected_at.is_some(),
                "the account is disconnected",
            ),
            (
                outbox.account.health == Health::NeedsReconnect,
                "the account is broken",
            ),
            (
                outbox
                    .account
                    .paused_until
                    .is_some_and(|until| until > self.now),
                "the account pauses",
            ),
            (
                window.is_none_or(|end| end <= self.now),
                "the window is closed",
            ),
        ];
        reasons
            .into_iter()
            .find_map(|(holds, reason)| holds.then_some(reason))
    }

    /// The platform's side of a call: what it does, what it will tell later, and what it answers.
    fn answer(&mut self, attempt: Attempt, answer: Answer) -> Outcome {
        let number = self.calls.len();
        let external_id = format!("id-{number}");
        let (told, failed_after) = match answer {
            Answer::Accepts(told)
            | Answer::AcceptsThenSilence(told)
            | Answer::AcceptsThen5xx(told)
            | Answer::AcceptsThenGarbage(told) => (Some(told), None),
            Answer::AcceptsThenReportsFailure(seconds) => (Some(Told::Never), Some(seconds)),
            _ => (None, None),
        };
        self.calls[number - 1].accepted = told.is_some();
        let arrived = Event::Arrived(attempt.delivery, external_id.clone());
        match told {
            Some(Told::BeforeTheAnswer) => self.at(self.now, arrived),
            Some(Told::After(seconds)) => self.at(self.now + TimeDelta::seconds(seconds), arrived),
            Some(Told::Never) | None => {}
        }
        if let Some(seconds) = failed_after {
            self.at(
                self.now + TimeDelta::seconds(seconds),
                Event::ReportedFailed(attempt.delivery),
            );
        }
        self.outcome(answer, &external_id)
    }

    /// Read by the real channel where there is anything to read.
    fn outcome(&self, answer: Answer, external_id: &str) -> Outcome {
        let error = |code: u32| format!("{{\"error\":{{\"code\":{code}}}}}");
        let sent = format!(
            "{{\"message_id\":\"{external_id}\",\"messages\":[{{\"id\":\"{external_id}\"}}]}}"
        );
        let (status, body, retry_after) = match answer {
            Answer::Accepts(_) | Answer::AcceptsThenReportsFailure(_) => (200, sent, None),
            Answer::AcceptsThen5xx(_) => (502, "<html>".to_owned(), None),
            Answer::AcceptsThenGarbage(_) => (200, "<html>".to_owned(), None),
            Answer::Limited(seconds) => (429, "{}".to_owned(), seconds),
            Answer::PairLimited => (400, error(131_056), None),
            Answer::TokenRefused => (401, error(190), None),
            Answer::Never => (400, error(551), None),
            Answer::WindowClosed => (400, error(131_047), None),
            Answer::UnlistedCode => (400, error(987_654), None),
            Answer::AcceptsThenSilence(_) | Answer::Silence => {
                return no_answer(FailureClass::Unknown);
            }
            Answer::NoConnection => {
                return no_answer(FailureClass::TryLater {
                    after: None,
                    scope: PauseScope::Message,
                });
            }
        };
        let channel = channel(self.rows.outbox.account.platform).expect("served");
        channel.outcome(&HttpReply {
            status,
            retry_after: retry_after.map(|seconds| seconds.to_string()),
            usage: Vec::new(),
            body: body.into_bytes(),
        })
    }

    /// What the worker knows of its last call now.
    fn learn(&mut self, outcome: &Outcome) {
        let call = self.calls.last_mut().expect("just begun");
        let class = match outcome {
            Outcome::Sent { .. } => None,
            Outcome::Failed(failure) => Some(failure.class),
        };
        call.known = !outcome_is_unknown(outcome);
        if let Some(FailureClass::TryLater { after, .. }) = class {
            call.refused = Some(after.map_or(0, |after| {
                i64::try_from(after.as_secs()).unwrap_or(i64::MAX)
            }));
        }
    }
}

fn outcome_is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.class == FailureClass::Unknown)
}

fn no_answer(class: FailureClass) -> Outcome {
    Outcome::Failed(Failure {
        class,
        code: "no_answer".to_owned(),
        advice: NOT_CONFIRMED,
    })
}
