//! The one table of error codes of the Graph API and WhatsApp (R14; reference 5.1 to 5.3).
//!
//! Decided by code, then subcode; the HTTP status only counts where there is no listed code. Where a wrong "try again"
//! could write to a customer twice, the class is [`FailureClass::Unknown`], also where vendors call the code transient.

use std::time::Duration;

use serde_json::Value;

use super::json;
use crate::channels::{Failure, FailureClass, PauseScope};

/// The part of an `error` object that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphError {
    pub code: i64,
    pub subcode: Option<i64>,
}

impl GraphError {
    /// Reads an `error` object of an answer, or an element of the `errors` of a status; `None` without a code.
    pub fn read(error: &Value) -> Option<Self> {
        Some(Self {
            code: json::integer(&error["code"])?,
            subcode: json::integer(&error["error_subcode"]),
        })
    }

    /// `100/2018001`, or `131047` without a subcode.
    pub fn name(self) -> String {
        match self.subcode {
            Some(subcode) => format!("{}/{subcode}", self.code),
            None => self.code.to_string(),
        }
    }

    /// What the code means, whatever the HTTP status was; `None` for a code that is not in the table.
    pub fn meaning(self) -> Option<(FailureClass, &'static str)> {
        let narrow = self
            .subcode
            .and_then(|subcode| by_subcode(self.code, subcode));
        narrow
            .or_else(|| by_code(self.code))
            .or_else(|| by_whatsapp_code(self.code))
    }
}

/// What a refused call means. `status` is the HTTP status, or `None` for a failure told later by a webhook.
pub fn classify(error: Option<GraphError>, status: Option<u16>) -> Failure {
    let listed = error.and_then(GraphError::meaning);
    let server_fault = status.is_some_and(|status| status >= 500);
    let (class, advice) = match listed {
        // Nothing was accepted: the caller was turned away first, whatever the status says.
        Some((FailureClass::AccountBroken, advice)) => (FailureClass::AccountBroken, advice),
        // R14: any 5xx. Meta documents errors for messages that did go out.
        _ if server_fault => (FailureClass::Unknown, UNKNOWN),
        Some((FailureClass::Unknown, _)) | None if status == Some(429) => (LATER_ACCOUNT, RATE),
        Some(meaning) => meaning,
        None => (FailureClass::Unknown, UNKNOWN),
    };
    let code = match (error, status) {
        (Some(error), _) => error.name(),
        (None, Some(status)) => format!("http {status}"),
        (None, None) => "none".into(),
    };
    Failure {
        class,
        code,
        advice,
    }
}

/// What a `failed` status means. The platform says that the message did not arrive, so that nothing is unknown about it:
/// an unlisted reason is final, and a person decides whether to send again (reference 5.3).
pub fn classify_status(errors: &Value) -> Failure {
    let mut failure = classify(json::list(errors).first().and_then(GraphError::read), None);
    if failure.class == FailureClass::Unknown {
        failure.class = FailureClass::Never;
        failure.advice = "The platform reports that the message was not delivered. Send it again, or reach the customer another way.";
    }
    failure
}

const LATER_ACCOUNT: FailureClass = FailureClass::TryLater {
    after: None,
    scope: PauseScope::Account,
};
const LATER_MESSAGE: FailureClass = FailureClass::TryLater {
    after: None,
    scope: PauseScope::Message,
};
/// WhatsApp allows one message per 6 s to one person (R17).
const LATER_PAIR: FailureClass = FailureClass::TryLater {
    after: Some(Duration::from_secs(6)),
    scope: PauseScope::Recipient,
};
const LATER_HOUR: FailureClass = FailureClass::TryLater {
    after: Some(Duration::from_secs(3600)),
    scope: PauseScope::Account,
};

const UNKNOWN: &str = "The platform's answer does not tell whether the message arrived. Look at the conversation before sending it again.";
const RATE: &str = "The platform limits how fast this account may call it. Sending goes on by itself; nothing to do.";
const PAIR: &str = "Too many messages to this customer in a short time. Sending goes on by itself; write fewer, longer messages.";
const SPAM: &str = "WhatsApp slows this number down because customers blocked or reported it. Sending goes on by itself; write only to people who wrote first.";
const BUSY: &str =
    "The platform is busy with this account. Sending goes on by itself; nothing to do.";
const WINDOW: &str = "The reply window is over: the customer has to write first, or use an approved message template.";
const TOKEN: &str = "The platform does not accept the access token. Connect the account again.";
const TOKEN_REMOVED: &str =
    "The app was removed from the account. Connect the account again and allow every permission.";
const TOKEN_CHECKPOINT: &str = "The owner has to confirm their identity: log in to facebook.com once, then connect the account again.";
const TOKEN_PASSWORD: &str =
    "The owner changed the password, which ends the access token. Connect the account again.";
const TOKEN_EXPIRED: &str = "The access token has expired. Connect the account again.";
const TOKEN_ROLE: &str = "The person who connected the account has lost their role on the page. Somebody with a role has to connect it again.";
const PERMISSION: &str = "The app may not do this for the account. Connect the account again and allow every permission; check that the app has advanced access.";
const BLOCKED: &str = "The platform has blocked sending for a policy reason. Read the notice in the account's support inbox, and wait or appeal there.";
const LOCKED: &str = "WhatsApp has locked the business account. Open the account's overview in WhatsApp Manager and request a review.";
const PAYMENT: &str = "WhatsApp found a payment problem. Check the payment method in the billing settings of WhatsApp Manager.";
const NUMBER: &str = "The phone number is deleted, or not registered for this API. Check the number in WhatsApp Manager, register it, and connect it again.";
const DISPLAY_NAME: &str = "The number's display name is not approved. Have it approved in WhatsApp Manager; sending then goes on.";
const PERSON: &str = "This person cannot receive the message: they blocked the account, left the platform, or do not allow it. Reach them another way.";
const NO_PERSON: &str =
    "The platform does not know this recipient for this account. The customer has to write again.";
const TEST_NUMBER: &str = "A test number reaches only listed recipients. Add the customer's number to the list in the app's WhatsApp settings, or use a real number.";
const THREAD: &str =
    "Another app controls this conversation. Answer there, or let it pass the conversation on.";
const CONTENT: &str =
    "The platform does not accept this message as it is. Change it and send again.";
const PRIVATE_REPLY: &str =
    "This comment was already answered privately, or can no longer be. Answer it in public.";
const OPTED_OUT: &str =
    "The customer does not want such messages, or gets too many of them. Do not send it again.";
const USERNAME: &str = "This needs the customer's phone number, which they hide. Ask them for it.";
const TEMPLATE: &str =
    "The message template cannot be used. Check its state and content in WhatsApp Manager.";

fn by_subcode(code: i64, subcode: i64) -> Option<(FailureClass, &'static str)> {
    use FailureClass::{AccountBroken, Never, WindowClosed};
    Some(match (code, subcode) {
        (_, 2018278 | 2534022) | (10, 2018065) => (WindowClosed, WINDOW),
        (1, 99) => (AccountBroken, PERMISSION),
        (10, 2018300) => (Never, THREAD),
        (10, 2018108) | (200, 1545041) => (Never, PERSON),
        (100, 33 | 2018001 | 2534014) => (Never, NO_PERSON),
        (100, 2534001 | 2534037) => (Never, PERSON),
        (100, 2534025) => (Never, PRIVATE_REPLY),
        (190, 458) => (AccountBroken, TOKEN_REMOVED),
        (190, 459 | 464) => (AccountBroken, TOKEN_CHECKPOINT),
        (190, 460) => (AccountBroken, TOKEN_PASSWORD),
        (190, 463 | 467) => (AccountBroken, TOKEN_EXPIRED),
        (190, 492) => (AccountBroken, TOKEN_ROLE),
        _ => return None,
    })
}

fn by_code(code: i64) -> Option<(FailureClass, &'static str)> {
    use FailureClass::{AccountBroken, Never, Unknown, WindowClosed};
    Some(match code {
        1 | 2 => (Unknown, UNKNOWN),
        4 | 17 | 32 | 341 | 613 | 80001..=80008 => (LATER_ACCOUNT, RATE),
        1200 => (LATER_MESSAGE, BUSY),
        0 | 102 | 190 => (AccountBroken, TOKEN),
        3 | 10 | 200..=299 => (AccountBroken, PERMISSION),
        33 => (AccountBroken, NUMBER),
        368 => (AccountBroken, BLOCKED),
        551 => (Never, PERSON),
        100 | 506 | 2022 | 10303 => (Never, CONTENT),
        803 => (Never, NO_PERSON),
        10900 | 10903 => (Never, PRIVATE_REPLY),
        2018278 | 2534022 => (WindowClosed, WINDOW),
        _ => return None,
    })
}

fn by_whatsapp_code(code: i64) -> Option<(FailureClass, &'static str)> {
    use FailureClass::{AccountBroken, Never, Unknown, WindowClosed};
    Some(match code {
        131000 | 131016 => (Unknown, UNKNOWN),
        130429 => (LATER_ACCOUNT, RATE),
        131056 => (LATER_PAIR, PAIR),
        131048 | 131064 => (LATER_HOUR, SPAM),
        131057 | 133000 | 133004 | 133015 => (LATER_ACCOUNT, BUSY),
        132069 => (LATER_MESSAGE, BUSY),
        131047 => (WindowClosed, WINDOW),
        131005 => (AccountBroken, PERMISSION),
        131031 => (AccountBroken, LOCKED),
        131037 => (AccountBroken, DISPLAY_NAME),
        131042 | 131044 => (AccountBroken, PAYMENT),
        131045 | 133006 | 133010 => (AccountBroken, NUMBER),
        130497 | 131026 | 137000 => (Never, PERSON),
        131030 => (Never, TEST_NUMBER),
        130472 | 131049 | 131050 => (Never, OPTED_OUT),
        131062 => (Never, USERNAME),
        131008 | 131009 | 131021 | 131051 | 131052 | 131053 => (Never, CONTENT),
        131063 | 132000..=132068 | 2388000..=2388999 | 2494000..=2494999 => (Never, TEMPLATE),
        133005 | 133008 | 133009 | 133016 | 138000..=138018 | 139100..=139103 => (Never, CONTENT),
        _ => return None,
    })
}
