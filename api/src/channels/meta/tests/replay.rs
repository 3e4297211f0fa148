//! The checks of the fuzz targets (`tests/fuzz`), run over the recorded bodies, over every input that fuzzing has kept, and
//! over recorded bodies with random bytes changed: the targets cannot rot, and what was found once stays mended.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use fuzz::checks;

#[path = "../../../../../tests/fuzz/src"]
mod fuzz {
    pub mod checks;
}

const TARGETS: [(&str, ChannelKind); 3] = [
    ("messenger", ChannelKind::Facebook),
    ("instagram", ChannelKind::Instagram),
    ("whatsapp", ChannelKind::Whatsapp),
];

/// The files of a folder below `tests/`, by name.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests")
        .join(folder);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(&path).expect("can be read"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn what_fuzzing_has_kept_is_read_as_it_must_be() {
    for (target, kind) in TARGETS {
        let kept = files(&format!("fuzz/corpus/{target}"));
        assert!(!kept.is_empty(), "{target}");
        for (name, body) in kept {
            println!("{target}/{name}");
            checks::body(kind, &body);
        }
    }
    for (name, input) in files("fuzz/corpus/signature") {
        println!("signature/{name}");
        checks::signature(&input);
    }
}

#[test]
fn every_sample_is_read_as_it_must_be_by_every_platform() {
    let samples = files("fixtures/webhooks");
    for (name, body) in samples.iter().filter(|(name, _)| name.ends_with(".json")) {
        println!("{name}");
        TARGETS
            .iter()
            .for_each(|(_, kind)| checks::body(*kind, body));
    }
}

fn any_sample() -> impl Strategy<Value = (ChannelKind, Vec<u8>)> {
    let mut samples = files("fixtures/webhooks");
    samples.retain(|(name, _)| TARGETS.iter().any(|(target, _)| name.starts_with(target)));
    prop::sample::select(samples).prop_map(|(name, body)| (kind_of(&name), body))
}

#[derive(Debug, Clone)]
enum Change {
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    /// Bytes from elsewhere in the body, to another place of it.
    Copy(prop::sample::Index, prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

fn any_change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let pieces: Vec<&[u8]> = vec![
        b"\"", b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\\u0000", b"\\ud83d", b"\xff", b"\0",
        b"1e999", b"null", b"-",
    ];
    prop_oneof![
        4 => (at(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        4 => (at(), prop::sample::select(pieces)).prop_map(|(at, piece)| Change::Insert(at, piece.to_vec())),
        2 => (at(), 1..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (at(), at(), 1..200_usize).prop_map(|(from, to, length)| Change::Copy(from, to, length)),
        1 => at().prop_map(Change::Cut),
    ]
}

fn apply(body: &mut Vec<u8>, change: Change) {
    let end = body.len();
    if end == 0 {
        return;
    }
    match change {
        Change::Flip(at, bit) => body[at.index(end)] ^= 1 << bit,
        Change::Insert(at, bytes) => drop(body.splice(at.index(end)..at.index(end), bytes)),
        Change::Remove(at, length) => {
            drop(body.drain(at.index(end)..end.min(at.index(end) + length)))
        }
        Change::Copy(from, to, length) => {
            let copied = body[from.index(end)..end.min(from.index(end) + length)].to_vec();
            drop(body.splice(to.index(end)..to.index(end), copied));
        }
        Change::Cut(at) => body.truncate(at.index(end)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_sample_with_changed_bytes_is_read_as_it_must_be((kind, mut body) in any_sample(), changes in prop::collection::vec(any_change(), 1..6)) {
        changes.into_iter().for_each(|change| apply(&mut body, change));
        checks::body(kind, &body);
    }

    #[test]
    fn only_the_right_signature_is_accepted(secrets in "[a-c,]{0,6}", header in "(sha256=)?[0-9a-fA-F]{62,66}|-|.{0,12}", body in prop::collection::vec(any::<u8>(), 0..80)) {
        let input = [secrets.as_bytes(), header.replace('\n', "").as_bytes(), body.as_slice()].join(&b'\n');
        checks::signature(&input);
    }
}
