//! A look behind the API: the embedded PostgreSQL of the program under test, as its owner.

use std::path::Path;

use tokio_postgres::{Client, NoTls};

use crate::Result;

pub struct Database {
    pub client: Client,
    /// Of the postmaster.
    pub pid: u32,
}

impl Database {
    /// The folders are described in the server's `db::embedded`.
    pub async fn connect(data: &Path) -> Result<Self> {
        let file = postmaster(data)?;
        let pid = line(&file, 0).parse()?;
        let (client, connection) = tokio_postgres::connect(&url(data)?, NoTls).await?;
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

/// Where the owner reaches the server that runs in this data folder.
pub fn url(data: &Path) -> Result<String> {
    let file = postmaster(data)?;
    let (port, socket) = (line(&file, 3), line(&file, 4));
    let password = std::fs::read_to_string(data.join("owner.password"))?;
    Ok(format!(
        "host={socket} port={port} user=banglachat_owner password={} dbname=banglachat",
        password.trim()
    ))
}

fn postmaster(data: &Path) -> Result<String> {
    Ok(std::fs::read_to_string(data.join("pg/postmaster.pid"))?)
}

fn line(file: &str, number: usize) -> &str {
    file.lines().nth(number).unwrap_or_default().trim()
}
