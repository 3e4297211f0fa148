//! A look behind the API: the embedded PostgreSQL of the program under test, as its owner.

use std::path::Path;

use tokio_postgres::{Client, NoTls};

use crate::Result;

pub struct Database {
    client: Client,
    /// Of the postmaster.
    pub pid: u32,
}

impl Database {
    /// The folders are described in the server's `db::embedded`.
    pub async fn connect(data: &Path) -> Result<Self> {
        let file = std::fs::read_to_string(data.join("pg/postmaster.pid"))?;
        let line = |number: usize| {
            file.lines()
                .nth(number)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let (pid, port, socket) = (line(0).parse()?, line(3), line(4));
        let password = std::fs::read_to_string(data.join("owner.password"))?;
        let url = format!(
            "host={socket} port={port} user=banglachat_owner password={} dbname=banglachat",
            password.trim()
        );
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(async move {
            // Ends with the client, or with the server: then the next query tells.
            let _ended = connection.await;
        });
        Ok(Self { client, pid })
    }

    pub async fn number(&self, query: &str) -> Result<i64> {
        Ok(self.client.query_one(query, &[]).await?.try_get(0)?)
    }

    pub async fn text(&self, query: &str) -> Result<String> {
        Ok(self.client.query_one(query, &[]).await?.try_get(0)?)
    }
}
