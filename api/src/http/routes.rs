//! Every route of the service in one readable list.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::{OpenApiFactory, service_config};

use super::{
    admin, agents, analytics, api_keys, audit_log, contacts, conversations, events, health, home,
    installation, invitations, knowledge, members, operations, organizations, password_reset,
    platform_apps, profile, session, social_accounts, webhooks,
};

/// What takes routes: the server, and what makes the document of them. Each serving thread that also made the document would keep its
/// megabytes.
pub trait Routes {
    /// Takes one more.
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, route: F) -> &mut Self;
}

impl Routes for web::ServiceConfig {
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, route: F) -> &mut Self {
        Self::service(self, route)
    }
}

impl Routes for service_config::ServiceConfig<'_> {
    fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, route: F) -> &mut Self {
        Self::service(self, route)
    }
}

/// Registers the documented routes of the API. `.service(...)` only: what is added otherwise stays out of the document.
pub fn api(config: &mut impl Routes) {
    config
        .service(health::get_liveness)
        .service(health::get_readiness)
        .service(agents::list_agents)
        .service(agents::create_agent)
        .service(agents::get_agent)
        .service(agents::update_agent)
        .service(agents::archive_agent)
        .service(agents::list_agent_versions)
        .service(agents::get_agent_version)
        .service(agents::try_agent)
        .service(agents::test_model)
        .service(knowledge::list_knowledge)
        .service(knowledge::create_knowledge_entry)
        .service(knowledge::import_knowledge)
        .service(knowledge::search_knowledge)
        .service(knowledge::list_unanswered_questions)
        .service(knowledge::dismiss_unanswered_question)
        .service(knowledge::get_knowledge_entry)
        .service(knowledge::update_knowledge_entry)
        .service(knowledge::delete_knowledge_entry)
        .service(platform_apps::list_platform_apps)
        .service(platform_apps::get_platform_app)
        .service(platform_apps::put_platform_app)
        .service(platform_apps::renew_verify_token)
        .service(platform_apps::delete_platform_app)
        .service(social_accounts::list_social_accounts)
        .service(social_accounts::create_social_account)
        .service(social_accounts::get_social_account)
        .service(social_accounts::update_social_account)
        .service(social_accounts::disconnect_social_account)
        .service(social_accounts::check_social_account)
        .service(audit_log::list_audit_log)
        .service(conversations::list_conversations)
        // Before the one with an id, which would take its name for one.
        .service(conversations::count_conversations)
        .service(conversations::get_conversation)
        .service(conversations::take_over_conversation)
        .service(conversations::hand_back_conversation)
        .service(conversations::resolve_conversation)
        .service(conversations::reopen_conversation)
        .service(conversations::list_messages)
        .service(conversations::send_message)
        .service(conversations::write_note)
        .service(conversations::assign_conversation)
        .service(conversations::snooze_conversation)
        .service(conversations::unsnooze_conversation)
        .service(conversations::read_conversation)
        .service(conversations::tell_presence)
        .service(events::stream_events)
        .service(contacts::get_contact)
        .service(contacts::update_contact)
        .service(home::get_home)
        .service(analytics::get_analytics)
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
        .service(profile::get_me)
        .service(profile::update_me)
        .service(profile::change_password)
        .service(profile::list_my_sessions)
        .service(profile::end_my_session)
        .service(organizations::list_organizations)
        .service(organizations::create_organization)
        .service(organizations::get_organization)
        .service(organizations::update_organization)
        .service(organizations::delete_organization)
        .service(members::list_members)
        .service(members::update_member)
        .service(members::remove_member)
        .service(invitations::create_invitation)
        .service(invitations::list_invitations)
        .service(invitations::revoke_invitation)
        .service(invitations::accept_invitation)
        .service(invitations::look_up_invitation)
        .service(installation::get_installation)
        .service(password_reset::forgot_password)
        .service(password_reset::reset_password)
        .service(api_keys::list_api_keys)
        .service(api_keys::create_api_key)
        .service(api_keys::revoke_api_key)
        .service(admin::organizations::admin_list_organizations)
        .service(admin::organizations::admin_get_organization)
        .service(admin::organizations::suspend_organization)
        .service(admin::organizations::unsuspend_organization)
        .service(admin::viewing::view_organization)
        .service(admin::viewing::end_organization_view)
        .service(admin::users::admin_list_users)
        .service(admin::users::disable_user)
        .service(admin::users::enable_user)
        .service(admin::users::create_reset_link)
        .service(admin::queue::get_queues)
        .service(admin::queue::admin_list_webhook_events)
        .service(admin::queue::replay_webhook_event);
}

/// The webhooks, which stand behind a layer of their own: nothing of the API's layers is spent on the hot path, and no other route is
/// compared with their addresses.
pub fn webhooks(config: &mut impl Routes) {
    config
        // In the order of how often they are asked for: each is tried by a regular expression.
        .service(webhooks::receive_organization_webhook)
        .service(webhooks::receive_installation_webhook)
        .service(webhooks::verify_organization_webhook)
        .service(webhooks::verify_installation_webhook);
}
