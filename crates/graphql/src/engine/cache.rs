//! Documents that were read before: parsed, measured and found valid.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{
    Request,
    parser::types::{DocumentOperations, ExecutableDocument},
};
use hashlink::LruCache;

use super::{merge::Merged, weight::Weight};

/// Most documents that are kept.
const MOST: usize = 1_024;
/// Longest document that is kept.
const LONGEST: usize = 16_384;
/// Most bytes of text that are kept together. A document takes some ten times its text, and what is run of it as much.
const BYTES: usize = 2 << 20;

/// A document within the limits.
#[derive(Debug)]
pub(crate) struct Document {
    pub parsed: ExecutableDocument,
    /// Tokens of its text.
    pub tokens: usize,
    /// The rules found nothing.
    valid: AtomicBool,
    /// What is run, where that does not depend on the request.
    merged: OnceLock<Arc<ExecutableDocument>>,
    /// What it weighs, where that does not depend on the request.
    weight: OnceLock<Weight>,
    /// May be kept: it carries no text that somebody typed into it.
    keep: bool,
}

impl Document {
    pub fn new(parsed: ExecutableDocument, tokens: usize, keep: bool) -> Self {
        let (valid, merged, weight) = (AtomicBool::new(false), OnceLock::new(), OnceLock::new());
        Self { parsed, tokens, valid, merged, weight, keep }
    }

    /// Whether neither variables nor a name choose what is asked for.
    fn is_fixed(&self, request: &Request) -> bool {
        matches!(&self.parsed.operations, DocumentOperations::Single(operation)
            if operation.node.variable_definitions.is_empty() && request.variables.is_empty())
    }

    /// What the operation of a request weighs, found out by `weigh` once if neither variables nor a name choose.
    pub fn weight<E>(
        &self,
        request: &Request,
        weigh: impl FnOnce() -> Result<Weight, E>,
    ) -> Result<Weight, E> {
        let fixed = self.is_fixed(request);
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

    /// What is run of a request, made by `merge` once if neither variables nor a name choose. What comes to more than the
    /// text, by fragments that are written out, is not kept with it.
    pub fn merged<E>(
        &self,
        request: &Request,
        merge: impl FnOnce() -> Result<Merged, E>,
    ) -> Result<Arc<ExecutableDocument>, E> {
        let fixed = self.is_fixed(request);
        match self.merged.get() {
            Some(merged) if fixed => Ok(Arc::clone(merged)),
            _ => {
                let Merged { document, fields } = merge()?;
                let merged = Arc::new(document);
                if fixed && fields <= self.tokens {
                    let _ = self.merged.set(Arc::clone(&merged));
                }
                Ok(merged)
            }
        }
    }

    /// Whether the rules found nothing before.
    pub fn is_valid(&self) -> bool {
        self.valid.load(Ordering::Relaxed)
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
    use super::*;
    use crate::engine::reader::read;

    fn document(keep: bool) -> Arc<Document> {
        Arc::new(Document::new(read("{ a }").unwrap().document, 3, keep))
    }

    #[test]
    fn only_what_is_valid_and_carries_no_text_is_kept() {
        let cache = Cache::new();
        assert!(cache.get("a").is_none());
        cache.found_valid("a", &document(true));
        assert!(cache.get("a").is_some_and(|document| document.is_valid()));
        let typed = document(false);
        cache.found_valid("b", &typed);
        assert!(typed.is_valid() && cache.get("b").is_none());
        cache.found_valid(&"c".repeat(LONGEST + 1), &document(true));
        assert!(cache.get(&"c".repeat(LONGEST + 1)).is_none());
    }

    #[test]
    fn what_is_run_is_made_once_if_it_is_no_larger_than_the_text() {
        let made = |fields: usize, request: Request| {
            let document = document(true);
            let merge = || {
                let document = read("{ a }").unwrap().document;
                Ok::<_, std::convert::Infallible>(Merged { document, fields })
            };
            let Ok(first) = document.merged(&request, merge);
            let Ok(second) = document.merged(&request, merge);
            Arc::ptr_eq(&first, &second)
        };
        assert!(made(3, Request::new("{ a }")));
        assert!(!made(4, Request::new("{ a }")));
        let variables = async_graphql::Variables::from_json(serde_json::json!({ "a": 1 }));
        assert!(!made(3, Request::new("{ a }").variables(variables)));
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
