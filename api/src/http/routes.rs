//! Every route of the service in one readable list.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{conversations, health, operations, session, webhooks};

/// Registers all documented routes. `.service(...)` only: what is added otherwise stays out of the document.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(health::get_liveness)
        .service(health::get_readiness)
        .service(conversations::list_conversations)
        .service(conversations::get_conversation)
        .service(conversations::take_over_conversation)
        .service(conversations::hand_back_conversation)
        .service(conversations::resolve_conversation)
        .service(conversations::reopen_conversation)
        .service(conversations::list_messages)
        .service(conversations::send_message)
        .service(operations::list_dead_letters)
        .service(operations::replay_dead_letter)
        .service(operations::list_inbound_events)
        .service(operations::get_inbound_event)
        .service(operations::replay_inbound_event)
        .service(operations::list_troubled_messages)
        .service(operations::resend_message)
        .service(operations::dismiss_message)
        .service(session::register)
        .service(session::log_in)
        .service(session::refresh_session)
        .service(session::log_out)
        .service(session::log_out_everywhere)
        .service(webhooks::verify_organization_webhook)
        .service(webhooks::receive_organization_webhook)
        .service(webhooks::verify_installation_webhook)
        .service(webhooks::receive_installation_webhook);
}
