//! Recent states of aggregates, so that a command rarely reads a stream. Bounded: two generations of at most a fixed
//! number of entries; the older one is dropped whole.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

type Entry = (Arc<dyn Any + Send + Sync>, Option<u64>);

/// States by stream name, each with the revision it is of (`None`: the stream does not exist).
pub(crate) struct States {
    /// Whether anything is kept: where others append too, a state that was right may be right no more.
    keeps: bool,
    generations: Mutex<Generations<Entry>>,
}

/// A bounded map: what was not touched for a generation is forgotten.
pub(crate) struct Generations<V> {
    new: HashMap<Box<str>, V>,
    old: HashMap<Box<str>, V>,
    most: usize,
}

impl<V: Clone> Generations<V> {
    pub fn new(most: usize) -> Self {
        Self { new: HashMap::new(), old: HashMap::new(), most }
    }

    pub fn get(&mut self, key: &str) -> Option<V> {
        if let Some(value) = self.new.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.put(key, value.clone());
        Some(value)
    }

    pub fn put(&mut self, key: Box<str>, value: V) {
        if self.new.len() >= self.most {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(key, value);
    }

    pub fn remove(&mut self, key: &str) {
        self.new.remove(key);
        self.old.remove(key);
    }
}

impl States {
    pub fn new(most: usize) -> Self {
        Self { keeps: most > 0, generations: Mutex::new(Generations::new(most)) }
    }

    pub fn get<A: Send + Sync + 'static>(&self, stream: &str) -> Option<(Arc<A>, Option<u64>)> {
        let (state, revision) = self.lock().get(stream)?;
        Some((state.downcast().ok()?, revision))
    }

    pub fn put<A: Send + Sync + 'static>(&self, stream: &str, state: Arc<A>, revision: Option<u64>) {
        if self.keeps {
            self.lock().put(stream.into(), (state, revision));
        }
    }

    /// Puts what a reader has read, unless an append has been quicker: a cached state never goes back.
    pub fn learn<A: Send + Sync + 'static>(&self, stream: &str, state: Arc<A>, revision: Option<u64>) {
        let mut states = self.lock();
        if self.keeps && states.get(stream).is_none_or(|(_, known)| known <= revision) {
            states.put(stream.into(), (state, revision));
        }
    }

    pub fn remove(&self, stream: &str) {
        self.lock().remove(stream);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations<Entry>> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_what_was_not_touched() {
        let mut map = Generations::new(2);
        for key in ["a", "b", "c"] {
            map.put(key.into(), key.len());
        }
        assert_eq!(map.get("a"), Some(1));
        for key in ["d", "e", "f", "g"] {
            map.put(key.into(), 1);
        }
        assert_eq!(map.get("b"), None);
        map.remove("g");
        assert_eq!(map.get("g"), None);
    }
}
