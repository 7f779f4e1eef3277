//! A bounded memory of opened keys. A dropped key wipes itself once the last call that uses it has ended.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::wrap::DataKey;

/// Two halves: a key that is used moves to the young half; when that is full it becomes the old half and what was
/// old is dropped. Close to least-recently-used, at the price of one map look-up.
#[derive(Debug)]
pub(crate) struct KeyCache {
    young: HashMap<Uuid, Arc<DataKey>>,
    old: HashMap<Uuid, Arc<DataKey>>,
    half: usize,
}

impl KeyCache {
    /// Holds at most `capacity` keys (at least two).
    pub(crate) fn new(capacity: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: (capacity / 2).max(1) }
    }

    pub(crate) fn get(&mut self, subject: Uuid) -> Option<Arc<DataKey>> {
        if let Some(key) = self.young.get(&subject) {
            return Some(Arc::clone(key));
        }
        let key = self.old.remove(&subject)?;
        self.insert(subject, Arc::clone(&key));
        Some(key)
    }

    pub(crate) fn contains(&self, subject: Uuid) -> bool {
        self.young.contains_key(&subject) || self.old.contains_key(&subject)
    }

    pub(crate) fn insert(&mut self, subject: Uuid, key: Arc<DataKey>) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(subject, key);
    }

    pub(crate) fn remove(&mut self, subject: Uuid) {
        self.young.remove(&subject);
        self.old.remove(&subject);
    }

    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Arc<DataKey> {
        Arc::new(DataKey::new(DataKey::generate().unwrap()))
    }

    #[test]
    fn stays_within_its_capacity_and_keeps_what_is_used() {
        let mut cache = KeyCache::new(8);
        let favourite = Uuid::from_u128(0);
        cache.insert(favourite, key());
        for n in 1..100 {
            cache.insert(Uuid::from_u128(n), key());
            assert!(cache.len() <= 8);
            assert!(cache.get(favourite).is_some());
        }
        assert!(!cache.contains(Uuid::from_u128(1)));
        cache.remove(favourite);
        assert!(cache.get(favourite).is_none());
    }
}
