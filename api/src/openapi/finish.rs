//! The last step of the document: what utoipa cannot know of an operation.

use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{OpenApi, PathItem, RefOr};

use crate::auth::access::Role;

/// The least role of each operation below an organization (R42). The code decides by the handler's `Access<…>`; a test calls every
/// route in every role and fails where this list says something else, or nothing.
const ROLES: [(Role, &[&str]); 4] = [
    (
        Role::Viewer,
        &[
            "get_organization",
            "list_members",
            "remove_member",
            "list_agents",
            "get_agent",
            "list_agent_versions",
            "get_agent_version",
            "list_unanswered_questions",
            "list_knowledge",
            "get_knowledge_entry",
            "search_knowledge",
            "list_social_accounts",
            "get_social_account",
            "list_conversations",
            "count_conversations",
            "get_contact",
            "get_home",
            "get_analytics",
            "get_conversation",
            "list_messages",
            "read_conversation",
            "stream_events",
            "list_dead_letters",
            "list_inbound_events",
            "get_inbound_event",
            "list_troubled_messages",
        ],
    ),
    (
        Role::Operator,
        &[
            "create_knowledge_entry",
            "update_knowledge_entry",
            "delete_knowledge_entry",
            "import_knowledge",
            "dismiss_unanswered_question",
            "try_agent",
            "check_social_account",
            "send_message",
            "write_note",
            "assign_conversation",
            "snooze_conversation",
            "unsnooze_conversation",
            "tell_presence",
            "update_contact",
            "take_over_conversation",
            "hand_back_conversation",
            "resolve_conversation",
            "reopen_conversation",
            "replay_dead_letter",
            "replay_inbound_event",
            "resend_message",
            "dismiss_message",
        ],
    ),
    (
        Role::Admin,
        &[
            "update_organization",
            "update_member",
            "list_invitations",
            "create_invitation",
            "revoke_invitation",
            "create_agent",
            "update_agent",
            "archive_agent",
            "test_model",
            "list_platform_apps",
            "get_platform_app",
            "put_platform_app",
            "renew_verify_token",
            "delete_platform_app",
            "create_social_account",
            "update_social_account",
            "disconnect_social_account",
            "list_audit_log",
            "list_api_keys",
            "create_api_key",
            "revoke_api_key",
        ],
    ),
    (Role::Owner, &["delete_organization"]),
];

/// Tagged alternatives whose code refuses unknown fields (R43); utoipa says so only of plain structs.
const CLOSED_ALTERNATIVES: [&str; 1] = ["ModelInput"];

/// Names each operation's least role and each parameter once, and closes what the code closes.
pub fn finish(mut document: OpenApi) -> OpenApi {
    for name in CLOSED_ALTERNATIVES {
        let components = document.components.get_or_insert_default();
        if let Some(RefOr::T(Schema::OneOf(alternatives))) = components.schemas.get_mut(name) {
            alternatives.items.iter_mut().for_each(close);
        }
    }
    for (path, item) in &mut document.paths.paths {
        let is_tenant = path.starts_with("/api/v1/organizations/{organization_id}");
        for operation in operations(item) {
            operation.parameters.iter_mut().for_each(name_once);
            if is_tenant {
                name_role(operation);
            } else if path.starts_with("/api/v1/admin/") {
                require(operation, "platform_admin");
            }
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// A path parameter comes twice where both a parameter type and the handler's `web::Path` name it; the first has the better text.
fn name_once(parameters: &mut Vec<RefOr<Parameter>>) {
    let mut seen = Vec::new();
    parameters.retain(|parameter| {
        let RefOr::T(parameter) = parameter else {
            return true;
        };
        let key = (parameter.name.clone(), parameter.parameter_in.clone());
        let is_new = !seen.contains(&key);
        if is_new {
            seen.push(key);
        }
        is_new
    });
}

fn close(alternative: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = alternative {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
}

fn name_role(operation: &mut Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    if let Some((role, _)) = ROLES
        .iter()
        .find(|(_, operations)| operations.contains(&id))
    {
        require(operation, role.as_str());
    }
}

fn require(operation: &mut Operation, role: &str) {
    let role = ExtensionsBuilder::new()
        .add("x-required-role", role)
        .build();
    operation.extensions.get_or_insert_default().merge(role);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_roles_names_only_operations_that_exist_and_each_once() {
        let mut document = crate::openapi::document();
        let mut ids: Vec<String> = document
            .paths
            .paths
            .values_mut()
            .flat_map(operations)
            .filter_map(|one| one.operation_id.clone())
            .collect();
        for id in ROLES.iter().flat_map(|(_, operations)| *operations) {
            let place = ids.iter().position(|known| known == id);
            ids.remove(place.unwrap_or_else(|| panic!("{id} does not exist or is listed twice")));
        }
    }
}
