//! Who may call what, over every route of the OpenAPI document: no sign-in, another organization, each role (R41, R42).

use banglachat_tests::{Answer, Api, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::document::{Operation, document, operations};
use crate::furnished::Furnished;

const ROLES: [&str; 4] = ["viewer", "operator", "admin", "owner"];

/// Operations below an organization; what ends it comes last.
fn tenant_operations() -> Vec<Operation<'static>> {
    let mut found: Vec<_> = operations()
        .into_iter()
        .filter(Operation::is_tenant)
        .collect();
    found.sort_by_key(|operation| {
        (
            operation.method == "delete",
            operation.path_names().len() == 1,
        )
    });
    found
}

/// Calls an operation as the document says, with its example where it takes a body.
async fn call(api: &Api, operation: &Operation<'_>, path: &str, body: Option<Value>) -> Answer {
    match body {
        Some(body) => api.send_json(operation.method(), path, &body).await,
        None => api.send(operation.method(), path, &[], None).await,
    }
}

fn name(operation: &Operation<'_>) -> String {
    format!(
        "{} ({} {})",
        operation.id(),
        operation.method,
        operation.path
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_gets_401_from_every_route_that_wants_a_token() {
    let app = TestApp::start().await;
    let shop = Furnished::new(&app).await;
    let before = shop.rows(&app).await;
    let token = shop.shop.member.api.token().unwrap();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let swapped: String = signature.chars().rev().collect();
    let nobodies = [
        app.api.clone(),
        app.api.with_token("nonsense"),
        app.api.with_token(&format!("{head}.{swapped}")),
    ];
    for operation in operations()
        .iter()
        .filter(|operation| operation.is_signed_in())
    {
        for nobody in &nobodies {
            let answer = call(
                nobody,
                operation,
                &operation.call_path(|name| shop.id(name)),
                operation.example(),
            )
            .await;
            assert_eq!(answer.status, 401, "{}: {}", name(operation), answer.text);
        }
    }
    assert_eq!(before, shop.rows(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_gets_the_same_404_as_for_one_that_does_not_exist() {
    let app = TestApp::start().await;
    let (ours, theirs) = (Furnished::new(&app).await, Furnished::new(&app).await);
    let before = theirs.rows(&app).await;
    for operation in tenant_operations() {
        let foreign = operation.call_path(|name| theirs.id(name));
        let nowhere = operation.call_path(|name| {
            if name == "organization_id" {
                Uuid::now_v7().to_string()
            } else {
                theirs.id(name)
            }
        });
        let body = || operation.example().map(|body| theirs.at_home(body));
        let foreign = call(&ours.shop.member.api, &operation, &foreign, body()).await;
        let nowhere = call(&ours.shop.member.api, &operation, &nowhere, body()).await;
        assert_eq!(
            foreign.status,
            404,
            "{}: {}",
            name(&operation),
            foreign.text
        );
        let same = |answer: &Answer| {
            (
                answer.status,
                answer.json()["type"].clone(),
                answer.json()["detail"].clone(),
            )
        };
        assert_eq!(same(&foreign), same(&nowhere), "{}", name(&operation));
    }
    assert_eq!(before, theirs.rows(&app).await);
}

/// Ids of the other organization below our own: not there. With its own owner they are there, or the first half would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn things_of_another_organization_are_not_there_whatever_the_path_says() {
    let app = TestApp::start().await;
    let (ours, theirs) = (Furnished::new(&app).await, Furnished::new(&app).await);
    let before = theirs.rows(&app).await;
    let named: Vec<_> = tenant_operations()
        .into_iter()
        .filter(names_a_thing)
        .collect();
    for operation in &named {
        let ours_then_theirs = operation.call_path(|name| {
            if name == "organization_id" {
                ours.id(name)
            } else {
                theirs.id(name)
            }
        });
        let answer = call(
            &ours.shop.member.api,
            operation,
            &ours_then_theirs,
            operation.example().map(|body| ours.at_home(body)),
        )
        .await;
        assert_eq!(answer.status, 404, "{}: {}", name(operation), answer.text);
    }
    assert_eq!(before, theirs.rows(&app).await);
    for operation in &named {
        // What was deleted for the call before is made anew.
        let theirs = if operation.method == "delete" {
            &Furnished::new(&app).await
        } else {
            &theirs
        };
        let body = operation.example().map(|body| theirs.at_home(body));
        let answer = call(
            &theirs.shop.member.api,
            operation,
            &operation.call_path(|name| theirs.id(name)),
            body,
        )
        .await;
        assert!(
            answer.status < 300 || [409, 422].contains(&answer.status),
            "{}: {} {}",
            name(operation),
            answer.status,
            answer.text
        );
    }
}

/// A path with more than the organization and a platform.
fn names_a_thing(operation: &Operation<'_>) -> bool {
    operation
        .path_names()
        .iter()
        .any(|name| !["organization_id", "platform"].contains(name))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_is_open_from_its_role_upwards_and_shut_below() {
    let app = TestApp::start().await;
    let shop = Furnished::new(&app).await;
    let mut members = Vec::new();
    for role in &ROLES[..3] {
        members.push(shop.shop.invite(role).await.member.api);
    }
    members.push(shop.shop.member.api.clone());
    let before = shop.rows(&app).await;
    for operation in tenant_operations() {
        let least = operation
            .role()
            .and_then(|role| ROLES.iter().position(|known| *known == role));
        let least = least.unwrap_or_else(|| panic!("{} has no role", name(&operation)));
        for api in &members[..least] {
            let body = operation.example().map(|body| shop.at_home(body));
            let answer = call(
                api,
                &operation,
                &operation.call_path(|name| shop.id(name)),
                body,
            )
            .await;
            assert_eq!(answer.status, 403, "{}: {}", name(&operation), answer.text);
        }
    }
    assert_eq!(
        before,
        shop.rows(&app).await,
        "nobody without the role changed anything"
    );
    for operation in tenant_operations() {
        let least = ROLES
            .iter()
            .position(|role| operation.role() == Some(role))
            .unwrap();
        for (api, role) in members[least..].iter().zip(&ROLES[least..]) {
            let answer = call(
                api,
                &operation,
                &somewhere(&operation, &shop),
                operation.example().map(|body| shop.at_home(body)),
            )
            .await;
            assert!(
                ![401, 403].contains(&answer.status),
                "{} as {role}: {} {}",
                name(&operation),
                answer.status,
                answer.text
            );
            assert!(
                answer.status < 500,
                "{} as {role}: {} {}",
                name(&operation),
                answer.status,
                answer.text
            );
        }
    }
}

/// A path in the organization whose things do not exist: allowed or not, nothing happens.
fn somewhere(operation: &Operation<'_>, shop: &Furnished) -> String {
    operation.call_path(|name| match name {
        "organization_id" | "platform" => shop.id(name),
        _ => Uuid::now_v7().to_string(),
    })
}

/// Every id that a body or a query may carry, and what the id of another organization's thing does there (R41).
#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_organization_inside_bodies_and_filters_find_nothing() {
    let app = TestApp::start().await;
    let (ours, theirs) = (Furnished::new(&app).await, Furnished::new(&app).await);
    let agent = json!({"agent_id": theirs.id("agent_id")});
    let mut account = json!({"platform": "facebook", "external_id": "10485769999", "name": "Page", "access_token": "EAAG-0123456789"});
    account
        .as_object_mut()
        .unwrap()
        .extend(agent.as_object().unwrap().clone());
    let connect = ours.shop.post("/social_accounts", &account).await;
    let change = ours
        .shop
        .patch(
            &format!("/social_accounts/{}", ours.id("account_id")),
            &agent,
        )
        .await;
    let test = json!({"model": {"provider": "knowledge"}, "agent_id": theirs.id("agent_id")});
    let test = ours.shop.post("/agents/test_model", &test).await;
    let entry =
        json!({"questions": ["q"], "answer_en": "a", "unanswered_id": theirs.id("unanswered_id")});
    let entry = ours.shop.post("/knowledge", &entry).await;
    for answer in [connect, change, test, entry] {
        assert!(
            [404, 422].contains(&answer.status),
            "{} {}",
            answer.status,
            answer.text
        );
        assert!(
            !answer.text.contains(&theirs.id("agent_id")),
            "{}",
            answer.text
        );
    }
    let conversation = format!("/conversations/{}", ours.id("conversation_id"));
    for (action, field, theirs) in [
        ("assign", "user_id", theirs.id("user_id")),
        ("read", "message_id", theirs.id("message_id")),
    ] {
        let path = format!("{conversation}/{action}");
        let answer = ours.shop.post(&path, &json!({ field: theirs })).await;
        assert_eq!(answer.status, 422, "{action}: {}", answer.text);
        assert!(!answer.text.contains(&theirs), "{}", answer.text);
    }
    for list in ["/conversations", "/inbound_events"] {
        let filtered = ours
            .shop
            .get(&format!("{list}?account_id={}", theirs.id("account_id")))
            .await;
        assert!(
            filtered.status == 404 || filtered.clone().expect(200)["items"] == json!([]),
            "{list}: {}",
            filtered.text
        );
        // A cursor is a place in time, not a key: with a foreign one there is nothing but our own rows.
        let cursor = theirs
            .shop
            .get(&format!("{list}?limit=1"))
            .await
            .expect(200)["next_cursor"]
            .clone();
        if let Some(cursor) = cursor.as_str() {
            let page = ours.shop.get(&format!("{list}?cursor={cursor}")).await;
            assert!(
                !page.text.contains(&theirs.id("account_id")),
                "{list}: {}",
                page.text
            );
        }
    }
    let foreign = [
        format!("assignee_id={}", theirs.id("user_id")),
        format!("ids={}", theirs.id("conversation_id")),
    ];
    for filter in foreign {
        let list = format!("/conversations?{filter}");
        assert_eq!(ours.shop.get(&list).await.expect(200)["items"], json!([]));
    }
    for counted in ["account_id", "assignee_id"] {
        let id = theirs.id(if counted == "account_id" {
            counted
        } else {
            "user_id"
        });
        let counts = format!("/conversations/counts?{counted}={id}");
        assert_eq!(ours.shop.get(&counts).await.expect(200)["all"], 0);
    }
    for filter in ["account_id", "agent_id"] {
        let today = ours.shop.get("/home").await.expect(200)["today"].clone();
        assert!(today["customer_messages"].as_i64() > Some(0), "{today}");
        let row = "SELECT (now() - interval '1 day')::date::text AS begin, (now() + interval '1 day')::date::text AS end";
        let row = app.db.row(row).await;
        let (from, to) = (row["begin"].as_str().unwrap(), row["end"].as_str().unwrap());
        let path = format!(
            "/analytics?from={from}&to={to}&{filter}={}",
            theirs.id(filter)
        );
        let totals = ours.shop.get(&path).await.expect(200)["totals"].clone();
        assert_eq!(totals["customer_messages"], 0, "{filter}: {totals}");
    }
    let known = [
        "list_conversations.assignee_id",
        "count_conversations.account_id",
        "count_conversations.assignee_id",
        "get_analytics.account_id",
        "get_analytics.agent_id",
        "create_social_account.agent_id",
        "update_social_account.agent_id",
        "list_conversations.account_id",
        "list_inbound_events.account_id",
        // An id at the platform or of the client's own, not one of ours.
        "create_social_account.external_id",
        "create_social_account.page_id",
        "update_social_account.page_id",
        "put_platform_app.app_id",
        "send_message.client_id",
        "write_note.client_id",
        "assign_conversation.user_id",
        "test_model.agent_id",
        "create_knowledge_entry.unanswered_id",
        "read_conversation.message_id",
    ];
    let unknown: Vec<_> = ids_taken()
        .into_iter()
        .filter(|id| !known.contains(&id.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "{unknown:?}: ids that a client may send; try another organization's here"
    );
}

/// `operation.field` of all ids in bodies and queries.
fn ids_taken() -> Vec<String> {
    let mut found = Vec::new();
    for operation in operations()
        .iter()
        .filter(|operation| operation.is_tenant())
    {
        let query = operation
            .parameters("query")
            .into_iter()
            .filter_map(|parameter| parameter["name"].as_str());
        let mut names: Vec<String> = query.map(str::to_owned).collect();
        if let Some(schema) = operation.json_schema() {
            collect_fields(schema, &mut names);
        }
        found.extend(
            names
                .iter()
                .filter(|name| name.ends_with("_id"))
                .map(|name| format!("{}.{name}", operation.id())),
        );
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The names of all fields below a schema, references followed.
fn collect_fields(schema: &Value, names: &mut Vec<String>) {
    if let Some(target) = schema["$ref"]
        .as_str()
        .and_then(|name| document().pointer(name.trim_start_matches('#')))
    {
        collect_fields(target, names);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        names.push(name.clone());
        collect_fields(property, names);
    }
    for part in ["oneOf", "anyOf", "allOf"]
        .iter()
        .flat_map(|ways| schema[ways].as_array())
        .flatten()
        .chain(schema.get("items"))
    {
        collect_fields(part, names);
    }
}
