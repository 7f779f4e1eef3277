//! Room for the bodies that are being read: many slow ones together must not fill the memory.
//!
//! Bytes are counted as they arrive, so nobody takes room by announcing. One address has no more than a part of the room,
//! so that a single sender of many slow bodies does not shut out the others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::budget::Payer;

/// The part of the room that one address may have.
const PART: usize = 4;

/// The room of one server.
#[derive(Debug)]
pub(super) struct Room {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Payer, usize>,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { most: bytes, taken: Mutex::default() })
    }

    /// A place for the body of one request; it holds nothing yet. The other end of the connection may be a proxy on this
    /// machine, through which all come: that has the whole room.
    pub(super) fn place(self: &Arc<Self>, peer: Option<IpAddr>) -> Place {
        let one = peer.filter(|peer| !peer.to_canonical().is_loopback());
        Place { room: Arc::clone(self), of: one.map(|one| Payer::nobody(Some(one))), bytes: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one body takes of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    of: Option<Payer>,
    bytes: usize,
}

impl Place {
    /// Whether there was room for so many more bytes; if not, nothing was taken.
    #[must_use]
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let Room { most, .. } = *self.room;
        let mut taken = self.room.lock();
        if bytes > most - taken.all {
            return false;
        }
        if let Some(of) = self.of {
            let own = taken.by.get(&of).copied().unwrap_or_default();
            if bytes > (most / PART).saturating_sub(own) {
                return false;
            }
            taken.by.insert(of, own + bytes);
        }
        taken.all += bytes;
        self.bytes += bytes;
        true
    }

    /// Gives back what was taken.
    pub(super) fn clear(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut taken = self.room.lock();
        taken.all -= bytes;
        if let Some(of) = self.of
            && let Some(own) = taken.by.get_mut(&of)
        {
            *own -= bytes;
            if *own == 0 {
                taken.by.remove(&of);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(room: &Arc<Room>, address: &str) -> Place {
        room.place(Some(address.parse().unwrap()))
    }

    #[test]
    fn one_address_leaves_room_for_the_others() {
        let room = Room::new(1_000);
        let (mut first, mut second) = (place(&room, "192.0.2.1"), place(&room, "::ffff:192.0.2.1"));
        assert!(first.take(200) && !second.take(51) && second.take(50));
        // The same network of IPv6 is one sender, another is not.
        let (mut third, mut fourth) = (place(&room, "2001:db8::1"), place(&room, "2001:db8::2"));
        assert!(third.take(250) && !fourth.take(1) && place(&room, "2001:db8:0:1::1").take(250));
        first.clear();
        assert!(second.take(200) && !second.take(1));
        drop((first, second, third, fourth));
        let taken = room.lock();
        assert!(taken.all == 0 && taken.by.is_empty());
    }

    #[test]
    fn a_proxy_on_this_machine_has_the_whole_room_and_no_more() {
        let room = Room::new(1_000);
        let (mut first, mut second) = (place(&room, "127.0.0.1"), place(&room, "::1"));
        assert!(first.take(900) && !second.take(101) && second.take(100));
        assert!(!place(&room, "192.0.2.1").take(1));
        drop(first);
        assert!(place(&room, "192.0.2.1").take(250));
    }
}
