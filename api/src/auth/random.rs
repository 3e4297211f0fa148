//! Random bytes for keys and opaque tokens, from the operating system.

use aes_gcm::aead::Generate;
use secrecy::SecretSlice;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> SecretSlice<u8> {
    let array: [u8; N] = <[u8; N]>::generate();
    SecretSlice::from(array.to_vec())
}
