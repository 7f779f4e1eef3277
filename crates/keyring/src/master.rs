//! The master key: where it comes from, and nothing else.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::{KeyringError, Result};

/// 32 secret bytes that wrap every data key. Wiped from memory on drop; `Debug` shows nothing of it.
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
}

/// A longer file can not hold one line with one key.
const MAX_FILE_BYTES: u64 = 256;

impl MasterKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`KeyringError::Random`] when the operating system gives no random bytes.
    pub fn generate() -> Result<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(KeyringError::Random)?;
        Ok(Self { bytes })
    }

    /// Reads a key from text, such as the environment variable `WARDLOG_MASTER_KEY`: 64 hexadecimal digits, or
    /// base64 in either alphabet, padded or not. Blanks around it are ignored.
    ///
    /// # Errors
    /// [`KeyringError::MasterKeyText`], which does not repeat the text.
    pub fn from_text(text: &str) -> Result<Self> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; 32]);
        let complete =
            if text.len() == 64 { decode_hex(text, &mut bytes) } else { decode_base64(text, &mut bytes) };
        if complete { Ok(Self { bytes }) } else { Err(KeyringError::MasterKeyText) }
    }

    /// Reads the key file, or makes one with a new key: mode 0600, never over an existing file, durable on return.
    /// The flag says whether it was made now, so that the caller can tell the operator where it is.
    ///
    /// # Errors
    /// [`KeyringError::LooseMode`] when group or others have any right on the file, [`KeyringError::MasterKeyText`]
    /// when it holds no key, [`KeyringError::Io`] otherwise.
    pub fn load_or_create(path: &Path) -> Result<(Self, bool)> {
        match File::open(path) {
            Ok(file) => Ok((Self::load(file, path)?, false)),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(path),
            Err(source) => Err(io_error(path, source)),
        }
    }

    fn load(file: File, path: &Path) -> Result<Self> {
        // The mode of the opened file, not of the path: nothing can be swapped in between.
        let metadata = file.metadata().map_err(|source| io_error(path, source))?;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyringError::LooseMode { path: path.to_owned(), mode });
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(KeyringError::MasterKeyText);
        }
        let mut text = Zeroizing::new(String::with_capacity(MAX_FILE_BYTES as usize));
        match file.take(MAX_FILE_BYTES).read_to_string(&mut text) {
            Ok(_) => Self::from_text(&text),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(KeyringError::MasterKeyText),
            Err(source) => Err(io_error(path, source)),
        }
    }

    fn create(path: &Path) -> Result<(Self, bool)> {
        let key = Self::generate()?;
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = match opened {
            Ok(file) => file,
            // Another process was first: its key counts.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let file = File::open(path).map_err(|source| io_error(path, source))?;
                return Ok((Self::load(file, path)?, false));
            }
            Err(source) => return Err(io_error(path, source)),
        };
        let written = file.write_all(key.to_line().as_bytes()).and_then(|()| file.sync_all());
        if let Err(source) = written {
            // Half a key would block every later start; the file is ours, made a moment ago.
            let _ = std::fs::remove_file(path);
            return Err(io_error(path, source));
        }
        sync_parent(path)?;
        Ok((key, true))
    }

    fn to_line(&self) -> Zeroizing<String> {
        let mut line = Zeroizing::new(String::with_capacity(65));
        for nibble in self.bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            line.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        line.push('\n');
        line
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

fn decode_hex(text: &str, into: &mut [u8; 32]) -> bool {
    let digit = |c: u8| char::from(c).to_digit(16);
    text.as_bytes().chunks_exact(2).zip(into).all(|(pair, byte)| match (digit(pair[0]), digit(pair[1])) {
        (Some(high), Some(low)) => {
            *byte = (high * 16 + low) as u8;
            true
        }
        _ => false,
    })
}

fn decode_base64(text: &str, into: &mut [u8; 32]) -> bool {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [&alphabet::STANDARD, &alphabet::URL_SAFE].into_iter().any(|alphabet| {
        let engine = GeneralPurpose::new(alphabet, config);
        engine.decode_slice(text, into.as_mut_slice()) == Ok(32)
    })
}

/// Makes the directory entry of `path` durable.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent).and_then(|directory| directory.sync_all()).map_err(|source| io_error(parent, source))
}

pub(crate) fn io_error(path: &Path, source: std::io::Error) -> KeyringError {
    KeyringError::Io { path: path.to_owned(), source }
}
