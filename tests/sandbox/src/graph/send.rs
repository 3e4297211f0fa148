//! Checks a message as the platforms do (reference 2.5, 3.3, 4.5) and writes it into the ledger.

use serde_json::{Value, json};

use super::account::{AccountSpec, Platform};
use super::core::Core;
use super::customers::{HUMAN_AGENT_WINDOW, REPLY_WINDOW};
use super::errors::{self, GraphError};
use super::feedback;
use super::ledger::{Effect, NotWritten};
use crate::bodies::business_scoped_id;
use crate::clock::{lock, now_ms, unique};

/// What a call to `/messages` asks for.
#[derive(Debug, PartialEq)]
enum Request {
    Message(Outgoing),
    /// Typing indicators and "seen": answered, and no message.
    Action(Value),
}

#[derive(Debug, PartialEq)]
struct Outgoing {
    recipient: String,
    text: Option<String>,
    correlation: Option<String>,
    comment_id: Option<String>,
    window: Window,
}

/// When the message may be sent, measured from the person's last message.
#[derive(Debug, PartialEq, Eq)]
enum Window {
    Reply,
    HumanAgent,
    /// Private replies and templates.
    Any,
}

/// Sends, or says why not. `failure`: the message is accepted and fails later.
pub fn send(
    core: &Core,
    account: &AccountSpec,
    body: &Value,
    raw: &str,
    failure: Option<(i64, &str)>,
) -> Result<Value, GraphError> {
    if !account.may_send() {
        return Err(errors::not_permitted(account.platform));
    }
    let request = match account.platform {
        Platform::Whatsapp => read_whatsapp(body)?,
        platform => read_page(platform, body)?,
    };
    let outgoing = match request {
        Request::Message(outgoing) => outgoing,
        Request::Action(answer) => return Ok(answer),
    };
    check_person(core, account, &outgoing)?;
    let effect = accept(core, account, outgoing, raw)?;
    core.show_on_phone(&effect);
    if let Some(target) = &account.webhook {
        let steps = feedback::after_sending(account, &effect, failure);
        if !steps.is_empty() {
            core.courier.send(target, steps);
        }
    }
    Ok(answer(&effect))
}

fn read_page(platform: Platform, body: &Value) -> Result<Request, GraphError> {
    let wrong = |problem: &str| errors::parameter(platform, problem);
    let recipient = &body["recipient"];
    let person = ["id", "user_ref", "phone_number"]
        .iter()
        .find_map(|key| text_of(&recipient[*key]));
    let comment_id = ["comment_id", "post_id"]
        .iter()
        .find_map(|key| text_of(&recipient[*key]));
    let recipient = match (&person, &comment_id) {
        (Some(person), _) => person.clone(),
        // The person behind a comment is told only by the answer; always the same one for a comment.
        (None, Some(comment)) => format!("7{}", digits_of(comment)),
        (None, None) => return Err(wrong("The parameter recipient is required.")),
    };
    if let Some(action) = body["sender_action"].as_str() {
        if !body["message"].is_null() {
            return Err(wrong("sender_action cannot be used together with message"));
        }
        if !["typing_on", "typing_off", "mark_seen", "react", "unreact"].contains(&action) {
            return Err(wrong(
                "Param sender_action must be one of {typing_on, typing_off, mark_seen, react, unreact}",
            ));
        }
        return Ok(Request::Action(json!({ "recipient_id": recipient })));
    }
    let message = &body["message"];
    if !message.is_object() {
        return Err(wrong("The parameter message is required."));
    }
    let window = read_messaging_type(platform, body, comment_id.is_some())?;
    let text = check_page_text(platform, message)?;
    let correlation = text_of(&message["metadata"]);
    if correlation
        .as_ref()
        .is_some_and(|data| data.chars().count() > 1000)
    {
        return Err(wrong(
            "Length of param message[metadata] must be less than or equal to 1000",
        ));
    }
    Ok(Request::Message(Outgoing {
        recipient,
        text,
        correlation,
        comment_id,
        window,
    }))
}

fn read_messaging_type(
    platform: Platform,
    body: &Value,
    private_reply: bool,
) -> Result<Window, GraphError> {
    let wrong = |problem: &str| errors::parameter(platform, problem);
    match body["messaging_type"].as_str() {
        Some("RESPONSE" | "UPDATE") => Ok(Window::Reply),
        Some("UTILITY") if platform == Platform::Facebook => Ok(Window::Any),
        Some("MESSAGE_TAG") => match body["tag"].as_str() {
            Some("HUMAN_AGENT") => Ok(Window::HumanAgent),
            Some(_) => Err(wrong(
                "Param tag must be one of {HUMAN_AGENT}; the other message tags are no longer supported",
            )),
            None => Err(wrong("The parameter tag is required.")),
        },
        Some(_) => Err(wrong(
            "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG, UTILITY}",
        )),
        None if private_reply => Ok(Window::Any),
        // Documented as required on Messenger, left out in practice on Instagram (reference 3.3).
        None if platform == Platform::Instagram => Ok(Window::Reply),
        None => Err(wrong("The parameter messaging_type is required.")),
    }
}

/// Messenger counts characters, taken as UTF-16 units; Instagram counts bytes.
fn check_page_text(platform: Platform, message: &Value) -> Result<Option<String>, GraphError> {
    let Some(text) = text_of(&message["text"]) else {
        return if message["attachment"].is_object() {
            Ok(None)
        } else {
            Err(errors::parameter(
                platform,
                "Param message[text] must be a non-empty UTF-8 encoded string",
            ))
        };
    };
    let (length, limit) = match platform {
        Platform::Instagram => (text.len(), 1000),
        _ => (text.encode_utf16().count(), 2000),
    };
    if length > limit {
        let problem =
            format!("Length of param message[text] must be less than or equal to {limit}");
        return Err(errors::parameter(platform, problem));
    }
    Ok(Some(text))
}

fn read_whatsapp(body: &Value) -> Result<Request, GraphError> {
    let wrong = |problem: &str| errors::parameter(Platform::Whatsapp, problem);
    if body["messaging_product"].as_str() != Some("whatsapp") {
        return Err(wrong("The parameter messaging_product is required."));
    }
    if body["status"].as_str() == Some("read") {
        return match text_of(&body["message_id"]) {
            Some(_) => Ok(Request::Action(json!({ "success": true }))),
            None => Err(wrong("The parameter message_id is required.")),
        };
    }
    // With both, the phone number wins (reference 4.10).
    let to = text_of(&body["to"])
        .map(|number| digits_of(&number))
        .filter(|number| !number.is_empty());
    let recipient = to.or_else(|| text_of(&body["recipient"]));
    let recipient = recipient.ok_or_else(|| wrong("The parameter to is required."))?;
    let correlation = text_of(&body["biz_opaque_callback_data"]);
    if correlation.as_ref().is_some_and(|data| data.len() > 512) {
        return Err(wrong(
            "Param biz_opaque_callback_data must be at most 512 characters long.",
        ));
    }
    let kind = body["type"].as_str().unwrap_or("text");
    let text = match kind {
        "text" => Some(whatsapp_text(&body["text"]["body"])?),
        other if body[other].is_null() => {
            return Err(wrong(&format!("The parameter {other} is required.")));
        }
        _ => None,
    };
    let window = if kind == "template" {
        Window::Any
    } else {
        Window::Reply
    };
    Ok(Request::Message(Outgoing {
        recipient,
        text,
        correlation,
        comment_id: None,
        window,
    }))
}

fn whatsapp_text(body: &Value) -> Result<String, GraphError> {
    let wrong = |problem: &str| errors::parameter(Platform::Whatsapp, problem);
    let text = text_of(body).ok_or_else(|| wrong("The parameter text['body'] is required."))?;
    if text.chars().count() > 4096 {
        return Err(wrong(
            "Param text['body'] must be at most 4096 characters long.",
        ));
    }
    Ok(text)
}

/// Whether this person may be written to now.
fn check_person(core: &Core, account: &AccountSpec, outgoing: &Outgoing) -> Result<(), GraphError> {
    if outgoing.comment_id.is_some() {
        return Ok(());
    }
    let customers = lock(&core.customers);
    let Some(customer) = customers.find(&account.external_id, &outgoing.recipient) else {
        return if account.known_recipients_only {
            Err(errors::unknown_recipient(account.platform))
        } else {
            Ok(())
        };
    };
    let window = match outgoing.window {
        Window::Any => return Ok(()),
        Window::Reply => REPLY_WINDOW,
        Window::HumanAgent => HUMAN_AGENT_WINDOW,
    };
    if account.enforce_window && !customer.wrote_within(window, now_ms()) {
        return Err(errors::window_closed(account.platform));
    }
    Ok(())
}

fn accept(
    core: &Core,
    account: &AccountSpec,
    outgoing: Outgoing,
    raw: &str,
) -> Result<Effect, GraphError> {
    let effect = Effect {
        seq: 0,
        time_ms: now_ms(),
        platform: account.platform,
        account: account.external_id.clone(),
        token: account.token.clone(),
        recipient: outgoing.recipient,
        text: outgoing.text,
        correlation: outgoing.correlation,
        comment_id: outgoing.comment_id,
        message_id: message_id(account.platform),
        raw: raw.into(),
    };
    lock(&core.ledger)
        .accept(effect)
        .map_err(|problem| match problem {
            NotWritten::Full => errors::ledger_full(),
            NotWritten::CommentAnswered => errors::comment_answered(),
        })
}

/// A new id in the platform's manner.
pub fn message_id(platform: Platform) -> String {
    let unique = unique();
    match platform {
        Platform::Facebook => format!("m_{unique}"),
        Platform::Instagram => format!("aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlE{unique}"),
        Platform::Whatsapp => format!("wamid.HBgN{}", unique.to_uppercase()),
    }
}

fn answer(effect: &Effect) -> Value {
    if effect.platform != Platform::Whatsapp {
        return json!({ "recipient_id": effect.recipient, "message_id": effect.message_id });
    }
    let contact = if effect.recipient.contains('.') {
        json!({ "input": effect.recipient, "user_id": effect.recipient })
    } else {
        let user_id = business_scoped_id(&effect.recipient);
        json!({ "input": effect.recipient, "wa_id": effect.recipient, "user_id": user_id })
    };
    json!({
        "messaging_product": "whatsapp", "contacts": [contact],
        "messages": [{ "id": effect.message_id, "message_status": "accepted" }],
    })
}

/// A string that is not empty; ids also as numbers.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
