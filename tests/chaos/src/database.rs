//! What the database holds when everything has ended, read as its owner.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio_postgres::{Client, NoTls};

use crate::Result;
use crate::facts::{Attempt, Message, Part, World};

/// A look behind the API. Row level security does not bind it: it connects as a superuser.
pub struct Database {
    client: Client,
}

impl Database {
    pub async fn connect(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(async move {
            // Ends with the client, or with the server: then the next query tells.
            let _ended = connection.await;
        });
        Ok(Self { client })
    }

    /// The rows of a query as JSON objects.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Value>> {
        let wrapped = format!("SELECT to_jsonb(q)::text FROM ({sql}) q");
        let rows = self.client.query(&wrapped, &[]).await?;
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            values.push(serde_json::from_str(row.try_get(0)?)?);
        }
        Ok(values)
    }

    pub async fn count(&self, sql: &str) -> Result<i64> {
        Ok(self.client.query_one(sql, &[]).await?.try_get(0)?)
    }

    pub async fn execute(&self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Rows that are not done: waiting, running, leased, half sent.
    pub async fn open_rows(&self) -> Result<Vec<String>> {
        const OPEN: &str = "
            SELECT 'event ' || id || ' ' || state || ', attempts ' || attempts || ', due ' || run_at || ', ' || coalesce(last_error, '') AS row
              FROM webhook_events WHERE state IN ('ready', 'running')
            UNION ALL SELECT 'job ' || id || ' ' || kind || ' ' || state || ', attempts ' || attempts || ', due ' || run_at
                || ', leased until ' || coalesce(locked_until::text, '-') || ', ' || coalesce(last_error, '')
              FROM jobs WHERE state IN ('ready', 'running')
            UNION ALL SELECT 'part ' || part || ' of ' || message_id || ' ' || state FROM message_parts WHERE state IN ('queued', 'sending')
            LIMIT 200";
        let rows = self.rows(OPEN).await?;
        Ok(rows.iter().map(|row| text(row, "row")).collect())
    }

    /// Everything but what only load generator and simulators know.
    pub async fn world(&self) -> Result<World> {
        let messages = self
            .rows(
                "SELECT id, organization_id, conversation_id, author, text, external_id, state, answer_state, answered_by
                 FROM messages ORDER BY conversation_id, ordered_at, id",
            )
            .await?;
        let parts = self
            .rows("SELECT message_id, part, text, state, possible_duplicate FROM message_parts")
            .await?;
        let attempts = self
            .rows("SELECT id, message_id, part, outcome, floor(extract(epoch FROM started_at) * 1000)::bigint AS started_ms FROM deliveries ORDER BY started_at, id")
            .await?;
        Ok(World {
            messages: messages.iter().map(message).collect(),
            parts: parts.iter().map(part).collect(),
            attempts: attempts.iter().map(attempt).collect(),
            calling: self
                .set("SELECT id AS it FROM conversations WHERE needs_human")
                .await?,
            given_up: self
                .set("SELECT DISTINCT lane AS it FROM jobs WHERE state = 'dead'")
                .await?,
            parked: self.parked().await?,
            open: self.open_rows().await?,
            ..World::default()
        })
    }

    /// Tokens charged, by organization.
    pub async fn charged(&self) -> Result<BTreeMap<String, i64>> {
        let rows = self
            .rows("SELECT organization_id AS it, sum(prompt_tokens + completion_tokens)::bigint AS tokens FROM usage GROUP BY 1")
            .await?;
        Ok(rows
            .iter()
            .map(|row| (text(row, "it"), number(row, "tokens")))
            .collect())
    }

    /// Every row of every table, as (table, text). The verify token is no secret: admins may read it again (R60).
    pub async fn dump(&self) -> Result<Vec<(String, String)>> {
        let mut dump = Vec::new();
        for table in self
            .set("SELECT tablename AS it FROM pg_tables WHERE schemaname = 'public'")
            .await?
        {
            let rows = self
                .rows(&format!(
                    "SELECT (to_jsonb(t) - 'verify_token')::text AS row FROM {table} t"
                ))
                .await?;
            dump.extend(rows.iter().map(|row| (table.clone(), text(row, "row"))));
        }
        Ok(dump)
    }

    async fn parked(&self) -> Result<Vec<String>> {
        let bodies = self
            .rows(
                "SELECT convert_from(body, 'UTF8') AS it FROM webhook_events WHERE state <> 'done'
                 UNION ALL SELECT raw::text FROM inbound_events WHERE state = 'quarantined'",
            )
            .await?;
        Ok(bodies.iter().map(|row| text(row, "it")).collect())
    }

    async fn set(&self, sql: &str) -> Result<BTreeSet<String>> {
        Ok(self
            .rows(sql)
            .await?
            .iter()
            .map(|row| text(row, "it"))
            .collect())
    }
}

fn text(row: &Value, column: &str) -> String {
    some_text(row, column).unwrap_or_default()
}

fn some_text(row: &Value, column: &str) -> Option<String> {
    row[column].as_str().map(str::to_owned)
}

fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().unwrap_or_default()
}

fn part_number(row: &Value) -> i32 {
    i32::try_from(number(row, "part")).unwrap_or_default()
}

fn message(row: &Value) -> Message {
    Message {
        id: text(row, "id"),
        organization: text(row, "organization_id"),
        conversation: text(row, "conversation_id"),
        author: text(row, "author"),
        text: text(row, "text"),
        external_id: some_text(row, "external_id"),
        state: text(row, "state"),
        answer_state: some_text(row, "answer_state"),
        answered_by: some_text(row, "answered_by"),
    }
}

fn part(row: &Value) -> Part {
    Part {
        message: text(row, "message_id"),
        number: part_number(row),
        text: text(row, "text"),
        state: text(row, "state"),
        possible_duplicate: row["possible_duplicate"] == true,
    }
}

fn attempt(row: &Value) -> Attempt {
    Attempt {
        id: text(row, "id"),
        message: text(row, "message_id"),
        part: part_number(row),
        started_ms: number(row, "started_ms"),
        outcome: some_text(row, "outcome"),
    }
}
