//! The folder of the built web app, in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use actix_web::web::Bytes;
use sha2::{Digest, Sha256};

/// More than any build has: a folder that is something else is not read into memory.
const MAX_BYTES: usize = 128 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum WebFilesError {
    #[error(
        "WEB_ROOT: {0} has no index.html; build the web app (cd web && npm ci && npm run build), or leave WEB_ROOT empty. Example: WEB_ROOT=web/dist"
    )]
    NoIndex(PathBuf),
    #[error("WEB_ROOT: {0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error(
        "WEB_ROOT: {0} holds more than a web app; name the folder of the build. Example: WEB_ROOT=web/dist"
    )]
    TooLarge(PathBuf),
}

/// One file with its packed forms.
#[derive(Debug)]
pub struct WebFile {
    pub kind: &'static str,
    pub caching: &'static str,
    /// Worth packing.
    pub is_text: bool,
    pub plain: Variant,
    pub gzip: Option<Variant>,
    pub brotli: Option<Variant>,
}

#[derive(Debug)]
pub struct Variant {
    pub bytes: Bytes,
    pub etag: String,
}

impl Variant {
    fn new(bytes: Vec<u8>) -> Self {
        let hash = hex::encode(&Sha256::digest(&bytes)[..16]);
        Self {
            // Weak: the plain form may still be packed on its way.
            etag: format!("W/\"{hash}\""),
            bytes: Bytes::from(bytes),
        }
    }
}

/// All files by their address.
#[derive(Debug)]
pub struct WebFiles {
    files: HashMap<String, WebFile>,
    index: WebFile,
}

impl WebFiles {
    /// Reads the folder. Names that begin with a dot are the build's own and links are not followed.
    pub fn read(root: &Path) -> Result<Self, WebFilesError> {
        let mut found = HashMap::new();
        let mut size = 0;
        collect(root, root, &mut size, &mut found)?;
        let mut files: HashMap<String, WebFile> = HashMap::new();
        let names: Vec<String> = found.keys().cloned().collect();
        for name in names.iter().filter(|name| !is_packed(name, &names)) {
            let mut packed = |ending: &str| found.remove(&format!("{name}{ending}"));
            let (gzip, brotli) = (packed(".gz"), packed(".br"));
            let Some(plain) = found.remove(name) else {
                continue;
            };
            let (kind, is_text) = kind(name);
            let file = WebFile {
                kind,
                is_text,
                caching: caching(name),
                plain: Variant::new(plain),
                gzip: gzip.map(Variant::new),
                brotli: brotli.map(Variant::new),
            };
            files.insert(name.clone(), file);
        }
        let index = files
            .remove("/index.html")
            .ok_or_else(|| WebFilesError::NoIndex(root.to_owned()))?;
        Ok(Self { files, index })
    }

    pub fn get(&self, path: &str) -> Option<&WebFile> {
        if path == "/index.html" {
            return Some(&self.index);
        }
        self.files.get(path)
    }

    /// The page that every route begins with.
    pub fn index(&self) -> &WebFile {
        &self.index
    }
}

/// The packed form of a file that is there too.
fn is_packed(name: &str, names: &[String]) -> bool {
    [".gz", ".br"].iter().any(|ending| {
        name.strip_suffix(ending)
            .is_some_and(|plain| names.iter().any(|other| other == plain))
    })
}

fn collect(
    root: &Path,
    folder: &Path,
    size: &mut usize,
    found: &mut HashMap<String, Vec<u8>>,
) -> Result<(), WebFilesError> {
    let unreadable = |error| WebFilesError::Unreadable(folder.to_owned(), error);
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() {
            collect(root, &path, size, found)?;
        } else if let (true, Some(address)) = (kind.is_file(), address(root, &path)) {
            *size +=
                usize::try_from(entry.metadata().map_err(unreadable)?.len()).unwrap_or(usize::MAX);
            if *size > MAX_BYTES {
                return Err(WebFilesError::TooLarge(root.to_owned()));
            }
            let bytes = std::fs::read(&path)
                .map_err(|error| WebFilesError::Unreadable(path.clone(), error))?;
            found.insert(address, bytes);
        }
    }
    Ok(())
}

fn address(root: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(root).ok()?;
    Some(format!("/{}", below.to_str()?))
}

/// What is named by its content never changes; the page that names it is asked for each time.
fn caching(name: &str) -> &'static str {
    if name.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else if name == "/index.html" {
        "no-cache"
    } else {
        "public, max-age=3600"
    }
}

/// The content type, and whether it is worth packing.
fn kind(name: &str) -> (&'static str, bool) {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "webp" => ("image/webp", false),
        "avif" => ("image/avif", false),
        "ico" => ("image/x-icon", false),
        "woff2" => ("font/woff2", false),
        "woff" => ("font/woff", false),
        "mp3" => ("audio/mpeg", false),
        "ogg" => ("audio/ogg", false),
        _ => ("application/octet-stream", false),
    }
}
