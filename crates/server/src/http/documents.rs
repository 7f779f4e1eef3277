//! Persisted documents: what a request may name by its id instead of sending it.
//!
//! After appendix A of the draft of GraphQL over HTTP: the parameter `documentId` holds `sha256:` and the SHA-256 of the
//! exact text in hexadecimal digits. The documents of the platform are built in; an operator may add a folder of others,
//! and may allow nothing else.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use graphql::OPERATIONS;
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use super::reasons;

/// Most files that are read from a folder.
const MOST_FILES: usize = 1_000;
/// Most bytes of one of them: a request is not longer either.
const MOST_BYTES: u64 = 256 * 1024;

/// The documents that are known, by their ids.
#[derive(Clone, Debug)]
pub struct Documents {
    by_id: Arc<HashMap<String, Box<str>>>,
    /// Nothing else is executed.
    only: bool,
}

/// What is wrong with a folder of documents.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    #[error("{0}: a folder of documents holds at most {MOST_FILES} files of at most {MOST_BYTES} bytes")]
    TooMuch(String),
}

impl Documents {
    /// Those of the platform.
    pub fn built_in() -> Self {
        Self::of(OPERATIONS.iter().map(|(_, text)| (*text).to_owned()))
    }

    fn of(texts: impl Iterator<Item = String>) -> Self {
        let by_id = texts.map(|text| (id_of(&text), text.into_boxed_str())).collect();
        Self { by_id: Arc::new(by_id), only: false }
    }

    /// Those of the platform and the files `*.graphql` of a folder, as they are now.
    ///
    /// # Errors
    /// When the folder or a file can not be read, or there are too many.
    pub fn with_folder(folder: &Path) -> Result<Self, Unreadable> {
        let named = |path: &Path| path.display().to_string();
        let io = |path: &Path| {
            let path = named(path);
            move |cause| Unreadable::Io(path, cause)
        };
        let mut texts: Vec<String> = OPERATIONS.iter().map(|(_, text)| (*text).to_owned()).collect();
        for entry in std::fs::read_dir(folder).map_err(io(folder))? {
            let path = entry.map_err(io(folder))?.path();
            if path.extension().is_none_or(|ending| ending != "graphql") {
                continue;
            }
            let size = std::fs::metadata(&path).map_err(io(&path))?.len();
            if size > MOST_BYTES || texts.len() >= MOST_FILES {
                return Err(Unreadable::TooMuch(named(&path)));
            }
            texts.push(std::fs::read_to_string(&path).map_err(io(&path))?);
        }
        Ok(Self::of(texts.into_iter()))
    }

    /// The same; if `only`, no other document is executed, whoever sends it.
    #[must_use]
    pub fn alone(self, only: bool) -> Self {
        Self { only, ..self }
    }

    /// The document of a request that names one, sends one, or does both.
    pub(super) fn find(&self, id: Option<&str>, text: Option<String>) -> Result<String, Problem> {
        match (id, text) {
            (Some(_), Some(_)) => Err(Problem::malformed(&reasons::DOCUMENT_OR_QUERY)),
            (Some(id), None) => self
                .by_id
                .get(id)
                .map(|text| text.as_ref().to_owned())
                .ok_or_else(|| Problem::malformed(&reasons::DOCUMENT_UNKNOWN)),
            (None, Some(text)) if self.only && !self.by_id.contains_key(&id_of(&text)) => {
                Err(Problem::malformed(&reasons::DOCUMENTS_ONLY))
            }
            (None, Some(text)) => Ok(text),
            (None, None) => Err(Problem::malformed(&reasons::QUERY_MISSING)),
        }
    }
}

fn id_of(text: &str) -> String {
    use std::fmt::Write as _;
    let mut id = String::from("sha256:");
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_and_the_folder_list_what_is_built_in() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../graphql/operations"));
        let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let listed: Vec<&str> = manifest["operations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        let documents = Documents::built_in();
        assert_eq!(documents.by_id.len(), listed.len());
        for id in listed {
            assert!(documents.find(Some(id), None).is_ok(), "{id}");
        }
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(files.filter(|path| path.extension().unwrap() == "graphql").count(), OPERATIONS.len());
        // The same texts twice are the same documents.
        assert_eq!(Documents::with_folder(folder).unwrap().by_id, documents.by_id);
    }

    #[test]
    fn a_folder_that_is_too_much_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.graphql"), "{ viewer { id } }").unwrap();
        std::fs::write(folder.path().join("b.txt"), [0xff]).unwrap();
        let documents = Documents::with_folder(folder.path()).unwrap().alone(true);
        assert!(documents.find(None, Some("{ viewer { id } }".into())).is_ok());
        assert_eq!(
            documents.find(None, Some("{ viewer { id }}".into())).unwrap_err().code(),
            reasons::DOCUMENTS_ONLY.code
        );
        std::fs::write(folder.path().join("c.graphql"), [0xff]).unwrap();
        assert!(matches!(Documents::with_folder(folder.path()), Err(Unreadable::Io(..))));
        let large = std::fs::File::create(folder.path().join("c.graphql")).unwrap();
        large.set_len(MOST_BYTES + 1).unwrap();
        assert!(matches!(Documents::with_folder(folder.path()), Err(Unreadable::TooMuch(_))));
        assert!(Documents::with_folder(&folder.path().join("none")).is_err());
    }
}
