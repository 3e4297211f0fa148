//! People and their organizations, made through the API.

use std::sync::{Arc, Mutex};

use banglachat::channels::ChannelKind;
use serde_json::{Value, json};

use crate::{Account, AccountPlan, Answer, Api, Events, World};

/// A user who is signed in.
#[derive(Clone)]
pub struct Member {
    pub api: Api,
    pub id: String,
    pub email: String,
    pub password: String,
    world: Arc<World>,
}

impl Member {
    pub(crate) async fn register(world: &Arc<World>, name: &str) -> Self {
        let number = world.number();
        let email = format!("member-{number}@example.com");
        let password = format!("sonar tori bhashe dheu {number}");
        let body = json!({ "email": email, "password": password, "name": name });
        let signed_in = world
            .api
            .post("/api/v1/auth/register", &body)
            .await
            .expect(201);
        let api = world
            .api
            .with_token(signed_in["access_token"].as_str().expect("an access token"));
        let id = text(&signed_in["user"]["id"]);
        Self {
            api,
            id,
            email,
            password,
            world: Arc::clone(world),
        }
    }

    /// Makes them admin of the whole installation, which only the operator's command can.
    pub async fn become_platform_admin(&self) {
        let sql = format!(
            "UPDATE users SET is_platform_admin = true WHERE id = '{}'",
            self.id
        );
        self.world.db.execute(&sql).await;
    }

    /// Makes an organization; its maker owns it.
    pub async fn organization(&self) -> Shop {
        let name = format!("Shop {}", self.world.number());
        self.organization_named(&name).await
    }

    pub async fn organization_named(&self, name: &str) -> Shop {
        let made = self
            .api
            .post("/api/v1/organizations", &json!({ "name": name }))
            .await
            .expect(201);
        Shop {
            id: text(&made["id"]),
            name: name.to_owned(),
            member: self.clone(),
            world: Arc::clone(&self.world),
            agent: Arc::default(),
        }
    }
}

/// An organization as one of its members sees it.
#[derive(Clone)]
pub struct Shop {
    pub id: String,
    pub name: String,
    pub member: Member,
    pub(crate) world: Arc<World>,
    /// The agent made last: new accounts are answered by it.
    agent: Arc<Mutex<Option<String>>>,
}

impl Shop {
    /// `/api/v1/organizations/{id}` and what follows.
    pub fn path(&self, below: &str) -> String {
        format!("/api/v1/organizations/{}{below}", self.id)
    }

    pub async fn get(&self, below: &str) -> Answer {
        self.member.api.get(&self.path(below)).await
    }

    /// The organization's live updates, greeted; from an event's id on where one is given.
    pub async fn events(&self, last_event_id: Option<&str>) -> Events {
        let path = self.path("/events");
        let stream = self.member.api.follow(&path, last_event_id);
        let mut events = stream.await.expect("a stream");
        events.expect("hello").await;
        events
    }

    pub async fn post(&self, below: &str, body: &Value) -> Answer {
        self.member.api.post(&self.path(below), body).await
    }

    pub async fn put(&self, below: &str, body: &Value) -> Answer {
        self.member.api.put(&self.path(below), body).await
    }

    pub async fn patch(&self, below: &str, body: &Value) -> Answer {
        self.member.api.patch(&self.path(below), body).await
    }

    pub async fn delete(&self, below: &str) -> Answer {
        self.member.api.delete(&self.path(below)).await
    }

    /// All items of a list, page by page.
    pub async fn all(&self, below: &str) -> Vec<Value> {
        let joint = if below.contains('?') { '&' } else { '?' };
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self
                .get(&format!("{below}{joint}limit=100{cursor}"))
                .await
                .expect(200);
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// The same shop with a fresh access token: more time was passed than one lives.
    pub async fn signed_in_again(&self) -> Self {
        let mut member = self.member.clone();
        let body = json!({ "email": member.email, "password": member.password });
        let signed_in = member
            .api
            .post("/api/v1/auth/login", &body)
            .await
            .expect(200);
        let token = signed_in["access_token"].as_str().unwrap_or_default();
        member.api = member.api.with_token(token);
        self.as_seen_by(&member)
    }

    /// The same organization, as another of its members sees it.
    pub fn as_seen_by(&self, member: &Member) -> Self {
        Self {
            member: member.clone(),
            ..self.clone()
        }
    }

    /// A new user who accepted an invitation; this organization as they see it.
    pub async fn invite(&self, role: &str) -> Self {
        let member = Member::register(&self.world, &format!("{role} of {}", self.name)).await;
        let body = json!({ "email": member.email, "role": role });
        let invitation = self.post("/invitations", &body).await.expect(201);
        let link = invitation["link"].as_str().expect("a link");
        let token = link
            .split_once("#token=")
            .expect("the token is the link's fragment")
            .1;
        let accepted = member
            .api
            .post("/api/v1/invitations/accept", &json!({ "token": token }))
            .await;
        assert!(
            accepted.status < 300,
            "accept: {} {}",
            accepted.status,
            accepted.text
        );
        self.as_seen_by(&member)
    }

    /// An agent without quiet time; `changes` go over that. New accounts are answered by it.
    pub async fn agent(&self, changes: Value) -> String {
        let mut agent = json!({
            "name": format!("Agent {}", self.world.number()), "model": { "provider": "knowledge" }, "quiet_ms": 0,
        });
        let (Value::Object(fields), Value::Object(changes)) = (&mut agent, changes) else {
            panic!("changes are an object")
        };
        fields.extend(changes);
        let made = self.post("/agents", &agent).await.expect(201);
        let id = text(&made["id"]);
        *self.agent.lock().expect("the agent") = Some(id.clone());
        id
    }

    /// An agent that answers from these (question, answer in Bangla) entries.
    pub async fn agent_with_knowledge(&self, entries: &[(&str, &str)]) -> String {
        for (question, answer) in entries {
            self.post(
                "/knowledge",
                &json!({ "questions": [question], "answer_bn": answer }),
            )
            .await
            .expect(201);
        }
        self.agent(json!({})).await
    }

    /// An agent that asks the simulated model, with this key.
    pub async fn agent_with_model(&self) -> String {
        let base_url = self.world.model.base_url();
        let model = json!({ "provider": "openai_compatible", "base_url": base_url, "model": "sandbox-model", "api_key": "sk-test-0123456789" });
        self.agent(json!({ "model": model })).await
    }

    /// A connected account of a new platform app, known to the simulator, answered by the agent made last.
    pub async fn social_account(&self, platform: ChannelKind) -> Account {
        self.account(platform).connect().await
    }

    /// The same with changes.
    pub fn account(&self, platform: ChannelKind) -> AccountPlan {
        AccountPlan::new(
            self,
            platform,
            self.agent.lock().expect("the agent").clone(),
        )
    }

    /// The conversation with the latest message first.
    pub async fn conversations(&self) -> Vec<Value> {
        self.all("/conversations").await
    }

    /// The only conversation.
    pub async fn conversation(&self) -> Value {
        let mut found = self.conversations().await;
        assert_eq!(found.len(), 1, "one conversation expected: {found:#?}");
        found.remove(0)
    }

    /// A conversation's messages, oldest first.
    pub async fn messages(&self, conversation: &Value) -> Vec<Value> {
        let id = conversation["id"].as_str().expect("a conversation's id");
        let mut messages = self.all(&format!("/conversations/{id}/messages")).await;
        messages.reverse();
        messages
    }

    /// (author, state, text) of what was said in the only conversation, oldest first.
    pub async fn talk(&self) -> Vec<(String, String, String)> {
        let conversation = self.conversation().await;
        let messages = self.messages(&conversation).await;
        messages
            .iter()
            .filter(|message| message["kind"] != "event")
            .map(|message| {
                (
                    text(&message["author"]),
                    text(&message["state"]),
                    text(&message["text"]),
                )
            })
            .collect()
    }
}

/// A JSON string, or nothing.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
