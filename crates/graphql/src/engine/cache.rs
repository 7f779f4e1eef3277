//! Documents that were read before: parsed, measured and found valid.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{
    Request,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition},
};
use hashlink::LruCache;

use super::weight::Weight;

/// Most documents that are kept.
const MOST: usize = 1_024;
/// Longest document that is kept.
const LONGEST: usize = 16_384;
/// Most bytes of text that are kept together. A parsed document takes some ten times its text.
const BYTES: usize = 2 << 20;

/// A document within the limits.
#[derive(Debug)]
pub(crate) struct Document {
    pub parsed: ExecutableDocument,
    /// Tokens of its text.
    pub tokens: usize,
    /// Answers to it have to be stripped ([`super::rewrite`]).
    pub kept: bool,
    /// Validation found nothing; a document with variables is validated again, with their values.
    valid: AtomicBool,
    /// What it weighs, where that does not depend on the request.
    weight: OnceLock<Weight>,
    /// May be kept: it carries no text that somebody typed into it.
    keep: bool,
}

impl Document {
    pub fn new(parsed: ExecutableDocument, kept: bool, tokens: usize, keep: bool) -> Self {
        Self { parsed, kept, tokens, valid: AtomicBool::new(false), weight: OnceLock::new(), keep }
    }

    /// What the operation of a request weighs, found out by `weigh` once if neither variables nor a name choose.
    pub fn weight<E>(
        &self,
        request: &Request,
        weigh: impl FnOnce() -> Result<Weight, E>,
    ) -> Result<Weight, E> {
        let fixed = matches!(&self.parsed.operations, DocumentOperations::Single(operation)
            if operation.node.variable_definitions.is_empty() && request.variables.is_empty());
        match self.weight.get() {
            Some(weight) if fixed => Ok(*weight),
            _ => {
                let weight = weigh()?;
                if fixed {
                    let _ = self.weight.set(weight);
                }
                Ok(weight)
            }
        }
    }

    /// Whether it is valid whatever its variables: it was found valid, and has none.
    pub fn is_trusted(&self) -> bool {
        let has_none = |operation: &OperationDefinition| operation.variable_definitions.is_empty();
        self.valid.load(Ordering::Relaxed)
            && self.parsed.operations.iter().all(|(_, operation)| has_none(&operation.node))
    }
}

/// The documents, by their text.
#[derive(Debug)]
pub(crate) struct Cache(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    documents: LruCache<Box<str>, Arc<Document>>,
    bytes: usize,
}

impl Cache {
    pub fn new() -> Self {
        Self(Mutex::new(Kept { documents: LruCache::new_unbounded(), bytes: 0 }))
    }

    pub fn get(&self, text: &str) -> Option<Arc<Document>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.documents.get(text).map(Arc::clone)
    }

    /// Remembers that a document is valid. Only valid ones are kept, so that nonsense pushes nothing out.
    pub fn found_valid(&self, text: &str, document: &Arc<Document>) {
        if document.valid.swap(true, Ordering::Relaxed) || !document.keep || text.len() > LONGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *kept;
        if kept.documents.insert(text.into(), Arc::clone(document)).is_none() {
            kept.bytes += text.len();
        }
        while kept.bytes > BYTES || kept.documents.len() > MOST {
            let Some((text, _)) = kept.documents.remove_lru() else { break };
            kept.bytes -= text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn document(keep: bool) -> Arc<Document> {
        Arc::new(Document::new(parse_query("{ a }").unwrap(), false, 3, keep))
    }

    #[test]
    fn only_what_is_valid_and_carries_no_text_is_kept() {
        let cache = Cache::new();
        assert!(cache.get("a").is_none());
        cache.found_valid("a", &document(true));
        assert!(cache.get("a").is_some_and(|document| document.is_trusted()));
        let typed = document(false);
        cache.found_valid("b", &typed);
        assert!(typed.is_trusted() && cache.get("b").is_none());
        cache.found_valid(&"c".repeat(LONGEST + 1), &document(true));
        assert!(cache.get(&"c".repeat(LONGEST + 1)).is_none());
    }

    #[test]
    fn count_and_bytes_are_bounded() {
        let cache = Cache::new();
        for number in 0..=MOST {
            cache.found_valid(&format!("a{number}"), &document(true));
        }
        assert!(cache.get("a0").is_none() && cache.get("a1").is_some());
        for number in 0..(BYTES / LONGEST) {
            cache.found_valid(&format!("{number:0>LONGEST$}"), &document(true));
        }
        let kept = cache.0.lock().unwrap();
        assert!(kept.bytes <= BYTES && kept.bytes > BYTES - LONGEST, "{}", kept.bytes);
        assert_eq!(kept.bytes, kept.documents.iter().map(|(text, _)| text.len()).sum::<usize>());
    }
}
