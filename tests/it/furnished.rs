//! A shop with one of everything that a path can name, for tests that walk all routes.

use std::collections::BTreeMap;

use banglachat_tests::{ChannelKind, Shop, TestApp};
use serde_json::{Value, json};

/// The shop and the ids of what it has, by the names that paths give them.
pub struct Furnished {
    pub shop: Shop,
    ids: BTreeMap<&'static str, String>,
}

impl Furnished {
    pub async fn new(app: &TestApp) -> Self {
        let shop = app.shop().await;
        // Opens the platform's pages, and no organization.
        shop.member.become_platform_admin().await;
        let agent = shop
            .agent_with_knowledge(&[("ডেলিভারি চার্জ কত?", "ঢাকায় ৬০ টাকা।")])
            .await;
        let account = shop.social_account(ChannelKind::Facebook).await;
        account
            .customer_writes("customer-1", "ডেলিভারি চার্জ কত?")
            .await;
        app.settle().await;
        let operator = shop.invite("operator").await;
        let invitation = shop
            .post(
                "/invitations",
                &json!({"email": "somebody@example.com", "role": "viewer"}),
            )
            .await
            .expect(201);
        let key = shop
            .post("/api_keys", &json!({"name": "Export", "role": "viewer"}))
            .await
            .expect(201);
        let webhook_event = app
            .db
            .row(&format!(
                "SELECT id FROM webhook_events WHERE organization_id = '{}' LIMIT 1",
                shop.id
            ))
            .await;
        let entry = first(&shop, "/knowledge").await;
        let event = first(&shop, "/inbound_events").await;
        let conversation = shop.conversation().await;
        let answer = shop.messages(&conversation).await.pop().unwrap();
        let session = shop.member.api.get("/api/v1/me/sessions").await.expect(200);
        let session = session["items"]
            .as_array()
            .or(session.as_array())
            .and_then(|sessions| sessions.first())
            .cloned()
            .unwrap();
        let ids = BTreeMap::from([
            ("organization_id", shop.id.clone()),
            ("platform", "facebook".to_owned()),
            ("agent_id", agent),
            ("version", "1".to_owned()),
            ("account_id", account.id.clone()),
            ("user_id", operator.member.id),
            ("invitation_id", id(&invitation)),
            ("api_key_id", id(&key["api_key"])),
            ("webhook_event_id", id(&webhook_event)),
            ("entry_id", id(&entry)),
            (
                "unanswered_id",
                unanswered(app, &shop, &id(&conversation), &id(&answer)).await,
            ),
            ("event_id", id(&event)),
            ("conversation_id", id(&conversation)),
            ("contact_id", id(&conversation["contact"])),
            ("message_id", id(&answer)),
            (
                "job_id",
                bring_trouble(app, &shop, &id(&conversation), &id(&answer)).await,
            ),
            ("session_id", id(&session)),
        ]);
        Self { shop, ids }
    }

    /// The id that a path means by `name`.
    pub fn id(&self, name: &str) -> String {
        self.ids
            .get(name)
            .unwrap_or_else(|| panic!("no path named {name} so far; furnish one here"))
            .clone()
    }

    /// All of them.
    pub fn ids(&self) -> &BTreeMap<&'static str, String> {
        &self.ids
    }

    /// The example body with this shop's ids in it.
    pub fn at_home(&self, mut body: Value) -> Value {
        for (name, value) in body.as_object_mut().into_iter().flatten() {
            if let Some(id) = self
                .ids
                .get(name.as_str())
                .filter(|_| name.ends_with("_id") && value.is_string())
            {
                *value = json!(id);
            }
        }
        body
    }

    /// All rows of the organization, as one hash per table.
    pub async fn rows(&self, app: &TestApp) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for table in tenant_tables(app).await {
            let hash = format!(
                "SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') AS hash FROM {table} t WHERE organization_id = '{}'",
                self.shop.id
            );
            found.insert(
                table,
                app.db.row(&hash).await["hash"].as_str().unwrap().to_owned(),
            );
        }
        found
    }
}

/// Tables with an organization in them.
pub async fn tenant_tables(app: &TestApp) -> Vec<String> {
    let found = app.db.rows("SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization_id' ORDER BY 1").await;
    found
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

fn id(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id in {value}"))
        .to_owned()
}

async fn first(shop: &Shop, list: &str) -> Value {
    shop.all(list)
        .await
        .into_iter()
        .next()
        .unwrap_or_else(|| panic!("{list} is empty"))
}

/// A question that no entry answers. Its id.
async fn unanswered(app: &TestApp, shop: &Shop, conversation: &str, message: &str) -> String {
    let (id, organization) = (uuid::Uuid::now_v7().to_string(), &shop.id);
    app.db
        .execute(&format!(
            "INSERT INTO unanswered_questions (organization_id, id, fold_key, text, message_id, conversation_id, times_asked,
                first_asked_at, last_asked_at, state)
             VALUES ('{organization}', '{id}', 'kapar', 'kapor?', '{message}', '{conversation}', 1, now(), now(), 'open')"
        ))
        .await;
    id
}

/// A message that failed, and a job that was parked: what no API can bring about at once. The job's id.
async fn bring_trouble(app: &TestApp, shop: &Shop, conversation: &str, message: &str) -> String {
    let job = uuid::Uuid::now_v7().to_string();
    let organization = &shop.id;
    app.db
        .execute(&format!(
            "UPDATE messages SET state = 'failed' WHERE organization_id = '{organization}' AND id = '{message}';
             INSERT INTO jobs (organization_id, id, kind, lane, payload, state, run_at, attempts, max_attempts, finished_at)
             VALUES ('{organization}', '{job}', 'reply', '{conversation}', '{{}}', 'dead', now(), 3, 3, now())"
        ))
        .await;
    job
}
