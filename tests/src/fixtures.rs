//! The webhook samples with what `index.md` says of them, and the signature vectors.

use std::path::{Path, PathBuf};

use banglachat::channels::ChannelKind;

/// The app secret of the signature vectors.
pub const SECRET: &str = "test-app-secret-0f1e2d3c4b5a";
/// The accounts that belong to the samples' organization.
pub const ACCOUNTS: [(ChannelKind, &str); 5] = [
    (ChannelKind::Facebook, "104857600001122"),
    (ChannelKind::Facebook, "104857600003344"),
    (ChannelKind::Instagram, "17841460012345678"),
    (ChannelKind::Whatsapp, "106600112233445"),
    (ChannelKind::Whatsapp, "106600112233446"),
];

/// A sample body.
#[derive(Debug, Clone)]
pub struct Sample {
    pub file: String,
    pub platform: ChannelKind,
    /// The customer messages in it.
    pub yields: usize,
    pub body: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/webhooks")
}

/// A sample body, byte for byte.
pub fn body(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// All samples of the served platforms, in the order of the index.
pub fn samples() -> Vec<Sample> {
    table_rows()
        .filter_map(|(file, yields)| sample(&file, &yields))
        .collect()
}

/// (file, hex of the HMAC) of the index.
pub fn signature_vectors() -> Vec<(String, String)> {
    table_rows()
        .filter(|(_, cell)| cell.len() == 66)
        .map(|(file, hex)| (file, hex.trim_matches('`').to_owned()))
        .collect()
}

/// First and second cell of each row whose first is a file.
fn table_rows() -> impl Iterator<Item = (String, String)> {
    let index = body("index.md");
    let rows: Vec<_> = index
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let file = cells
                .next()?
                .strip_prefix('`')?
                .strip_suffix('`')?
                .to_owned();
            Some((file, cells.next()?.to_owned()))
        })
        .collect();
    rows.into_iter()
}

fn sample(file: &str, yields: &str) -> Option<Sample> {
    let platform = match file.split('-').next()? {
        "messenger" => ChannelKind::Facebook,
        "instagram" => ChannelKind::Instagram,
        "whatsapp" => ChannelKind::Whatsapp,
        _ => return None,
    };
    Some(Sample {
        file: file.to_owned(),
        platform,
        yields: yields.parse().ok()?,
        body: body(file),
    })
}
