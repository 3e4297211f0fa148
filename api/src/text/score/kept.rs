//! Collections that were read lately. Reading one, all its words with their meanings, takes far longer than ranking it for a question,
//! and a busy shop's questions come one after the other.
//!
//! What is kept follows from the texts alone and is found by them: nothing here can be out of date, and nobody's texts lead to another's.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use lru::LruCache;
use sha2::{Digest, Sha256};

use super::{Candidate, Collection};

/// Bytes of texts whose collections are kept; these take some ten times as much.
const MOST_BYTES: usize = 1024 * 1024;
/// Small ones; no table grows beyond this.
const MOST: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(|| {
    Mutex::new(Kept {
        collections: LruCache::new(MOST),
        bytes: 0,
    })
});

struct Kept {
    collections: LruCache<[u8; 32], (Arc<Collection>, usize)>,
    bytes: usize,
}

/// The collection of these candidates, read now or before.
pub(super) fn collection(candidates: &[Candidate<'_>]) -> Arc<Collection> {
    let (key, bytes) = identify(candidates);
    if let Some((kept, _)) = lock().collections.get(&key) {
        return Arc::clone(kept);
    }
    let read = Arc::new(Collection::read_now(candidates));
    lock().keep(key, &read, bytes);
    read
}

fn lock() -> std::sync::MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    fn keep(&mut self, key: [u8; 32], collection: &Arc<Collection>, bytes: usize) {
        if bytes > MOST_BYTES {
            return;
        }
        let gone = self
            .collections
            .push(key, (Arc::clone(collection), bytes))
            .map_or(0, |(_, (_, bytes))| bytes);
        self.bytes = self.bytes + bytes - gone;
        while self.bytes > MOST_BYTES {
            let Some((_, (_, bytes))) = self.collections.pop_lru() else {
                return;
            };
            self.bytes -= bytes;
        }
    }
}

/// A digest of all texts, each with its place and length, and how many bytes they have.
fn identify(candidates: &[Candidate<'_>]) -> ([u8; 32], usize) {
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let mut add = |text: Option<&str>| {
        // No text has this length.
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        digest.update(length.to_le_bytes());
        let text = text.unwrap_or_default();
        digest.update(text);
        bytes += text.len();
    };
    for candidate in candidates {
        add(candidate.title);
        add(candidate.answer_bn);
        add(candidate.answer_en);
        candidate.questions.iter().for_each(|text| add(Some(text)));
        // Where its questions end.
        add(None);
    }
    (digest.finalize().into(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_read_once_and_again_when_a_text_has_changed() {
        let questions = ["kept.rs: koto dam?".to_owned(), "price?".to_owned()];
        let entry = |questions| Candidate {
            title: Some("Saree"),
            questions,
            answer_bn: Some("৪৫০০ টাকা"),
            answer_en: None,
        };
        let first = collection(&[entry(&questions)]);
        assert!(Arc::ptr_eq(&first, &collection(&[entry(&questions)])));
        assert!(!Arc::ptr_eq(&first, &collection(&[entry(&questions[..1])])));
        let cheaper = Candidate {
            answer_bn: Some("৪০০০ টাকা"),
            ..entry(&questions)
        };
        assert!(!Arc::ptr_eq(&first, &collection(&[cheaper])));
    }

    #[test]
    fn texts_that_only_together_are_the_same_are_told_apart() {
        let of = |title, answer_bn, answer_en| {
            identify(&[Candidate {
                title,
                questions: &[],
                answer_bn,
                answer_en,
            }])
            .0
        };
        let all = [
            of(Some("ab"), None, None),
            of(Some("a"), Some("b"), None),
            of(Some("ab"), Some(""), None),
            of(None, Some("ab"), None),
            of(None, None, Some("ab")),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_by_bytes_and_number() {
        let mut kept = Kept {
            collections: LruCache::new(MOST),
            bytes: 0,
        };
        let empty = Arc::new(Collection::read_now(&[]));
        let key = |number: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_le_bytes());
            key
        };
        for number in 0..5 {
            kept.keep(key(number), &empty, MOST_BYTES / 2);
        }
        assert_eq!((kept.collections.len(), kept.bytes), (2, MOST_BYTES));
        kept.keep(key(5), &empty, MOST_BYTES + 1);
        assert_eq!(kept.collections.len(), 2);
        for number in 10..10 + 2 * MOST.get() {
            kept.keep(key(number), &empty, 10);
        }
        assert_eq!(kept.collections.len(), MOST.get());
        assert_eq!(kept.bytes, 10 * MOST.get());
        kept.keep(key(10 + MOST.get()), &empty, 20);
        assert_eq!(kept.bytes, 10 * MOST.get() + 10);
    }
}
