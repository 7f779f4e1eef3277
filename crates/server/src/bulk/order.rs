//! Which of many commands may run now: all whose order does not matter run beside each other, the others one after the
//! other in the order in which they came. No IO, no clock, no async here.

use std::collections::VecDeque;

use graphql::Keys;

/// The commands that came and were not taken out yet, in their order.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// Number of the first entry.
    first: u64,
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    keys: Keys,
    done: bool,
    /// How many earlier ones it waits for.
    waits_for: usize,
    /// Numbers of those that wait for it.
    blocks: Vec<u64>,
}

impl Order {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds the next one: its number, and whether it may run at once.
    pub fn add(&mut self, keys: Keys) -> (u64, bool) {
        let number = self.first + self.entries.len() as u64;
        let mut waits_for = 0;
        for earlier in self.entries.iter_mut().filter(|earlier| !earlier.done) {
            if earlier.keys.meet(&keys) {
                earlier.blocks.push(number);
                waits_for += 1;
            }
        }
        self.entries.push_back(Entry { keys, done: false, waits_for, blocks: Vec::new() });
        (number, waits_for == 0)
    }

    /// One has been done; answers which may run now.
    pub fn done(&mut self, number: u64) -> Vec<u64> {
        let Some(entry) = self.entry(number).filter(|entry| !entry.done) else { return Vec::new() };
        entry.done = true;
        let blocked = std::mem::take(&mut entry.blocks);
        let mut free = Vec::new();
        for number in blocked {
            if let Some(entry) = self.entry(number) {
                entry.waits_for -= 1;
                if entry.waits_for == 0 {
                    free.push(number);
                }
            }
        }
        free
    }

    /// Takes the first one out when it is done; answers its number.
    pub fn take(&mut self) -> Option<u64> {
        self.entries.pop_front_if(|entry| entry.done)?;
        self.first += 1;
        Some(self.first - 1)
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use graphql::Key;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn keys(changes: &[u8], looks_at: &[u8], beyond: bool) -> Keys {
        let key = |number: &u8| Key::Id(Uuid::from_u128(u128::from(*number)));
        Keys::new(changes.iter().map(key).collect(), looks_at.iter().map(key).collect(), beyond)
    }

    #[test]
    fn those_that_only_look_do_not_wait_for_each_other() {
        let mut order = Order::default();
        assert_eq!(order.add(keys(&[1], &[9], false)), (0, true));
        assert_eq!(order.add(keys(&[2], &[9], false)), (1, true));
        assert_eq!(order.add(keys(&[9], &[], false)), (2, false));
        assert_eq!(order.add(keys(&[3], &[9], false)), (3, false));
        assert!(order.done(1).is_empty());
        assert_eq!(order.take(), None);
        assert_eq!(order.done(0), [2]);
        assert_eq!((order.take(), order.take(), order.take()), (Some(0), Some(1), None));
        assert_eq!(order.done(2), [3]);
        assert!(order.done(2).is_empty());
    }

    /// Some commands: what each changes, looks at, and whether it runs alone.
    fn commands() -> impl Strategy<Value = Vec<(BTreeSet<u8>, BTreeSet<u8>, bool)>> {
        let some = || proptest::collection::btree_set(0_u8..6, 0..3);
        proptest::collection::vec((some(), some(), proptest::bool::weighted(0.1)), 1..24)
    }

    proptest! {
        /// Whatever order the running ones end in: one that meets an earlier one begins after the end of that one; all are
        /// done; and they are taken out in the order in which they came.
        #[test]
        fn it_comes_out_as_one_after_the_other(
            commands in commands(), choices in proptest::collection::vec(any::<usize>(), 100),
        ) {
            let all: Vec<Keys> = commands.iter().map(|(changes, looks_at, beyond)| {
                let list = |set: &BTreeSet<u8>| set.iter().copied().collect::<Vec<_>>();
                keys(&list(changes), &list(looks_at), *beyond)
            }).collect();
            let mut order = Order::default();
            let (mut running, mut ended) = (Vec::new(), BTreeSet::new());
            let (mut coming, mut choices) = (all.iter().enumerate(), choices.into_iter());
            let mut taken = 0;
            loop {
                let choice = choices.next().unwrap_or(0);
                let come = if choice % 2 == 0 || running.is_empty() { coming.next() } else { None };
                let begin = if let Some((at, keys)) = come {
                    let (number, free) = order.add(keys.clone());
                    prop_assert_eq!(number, at as u64);
                    if free { vec![number] } else { vec![] }
                } else if running.is_empty() {
                    break;
                } else {
                    let number = running.swap_remove(choice % running.len());
                    ended.insert(number);
                    order.done(number)
                };
                for number in begin {
                    let at = number as usize;
                    let early = (0..at).find(|one| all[*one].meet(&all[at]) && !ended.contains(&(*one as u64)));
                    prop_assert_eq!(early, None, "{} has begun too early", number);
                    running.push(number);
                }
                while let Some(number) = order.take() {
                    prop_assert_eq!(number, taken);
                    taken += 1;
                }
            }
            prop_assert_eq!(taken, all.len() as u64);
            prop_assert_eq!(order.len(), 0);
        }
    }
}
