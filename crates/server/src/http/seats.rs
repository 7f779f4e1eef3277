//! Places for what stays open: WebSockets and event streams share them, so that neither is a way around the other's
//! bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Reason;
use uuid::Uuid;

use super::{Settings, reasons};

/// The places of one server, in all and for each account. Who has not signed in has a share of their own, so that
/// those who have still find a place.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    most_of_an_account: usize,
    most_of_nobody: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Option<Uuid>, usize>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The server has none left.
    All,
    /// This account, or those who have not signed in, have theirs taken.
    Own,
}

impl Full {
    /// Code of the refusal, and the reason under which it is counted.
    /// Of a socket or a stream.
    pub(super) const fn reason(self) -> &'static Reason {
        match self {
            Self::All => &reasons::SOCKETS_TOO_MANY,
            Self::Own => &reasons::SOCKETS_OF_ACCOUNT,
        }
    }
}

impl Seats {
    pub(super) fn new(settings: &Settings) -> Arc<Self> {
        Self::of(settings.sockets, settings.sockets_per_account, settings.sockets_of_nobody)
    }

    pub(super) fn of(most: usize, most_of_an_account: usize, most_of_nobody: usize) -> Arc<Self> {
        Arc::new(Self { most, most_of_an_account, most_of_nobody, taken: Mutex::default() })
    }

    /// A place for an account (`None`: not signed in), held until it is dropped.
    pub(super) fn take(self: &Arc<Self>, account: Option<Uuid>) -> Result<Seat, Full> {
        let mut taken = self.lock();
        if taken.all >= self.most {
            return Err(Full::All);
        }
        self.add(&mut taken, account)?;
        taken.all += 1;
        Ok(Seat { seats: Arc::clone(self), account })
    }

    fn add(&self, taken: &mut Taken, account: Option<Uuid>) -> Result<(), Full> {
        let most = if account.is_some() { self.most_of_an_account } else { self.most_of_nobody };
        let own = taken.by.entry(account).or_default();
        if *own >= most {
            return Err(Full::Own);
        }
        *own += 1;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn remove(&mut self, account: Option<Uuid>) {
        if let Some(own) = self.by.get_mut(&account) {
            *own -= 1;
            if *own == 0 {
                self.by.remove(&account);
            }
        }
    }
}

/// A place that is taken.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    account: Option<Uuid>,
}

impl Seat {
    /// The account has become known only now.
    pub(super) fn belongs_to(&mut self, account: Option<Uuid>) -> Result<(), Full> {
        if account == self.account {
            return Ok(());
        }
        let mut taken = self.seats.lock();
        self.seats.add(&mut taken, account)?;
        taken.remove(self.account);
        self.account = account;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.all -= 1;
        taken.remove(self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats() -> Arc<Seats> {
        let settings =
            Settings { sockets: 4, sockets_per_account: 2, sockets_of_nobody: 1, ..Settings::default() };
        Seats::new(&settings)
    }

    #[test]
    fn places_are_bounded_in_all_and_for_each() {
        let (seats, one, two) = (seats(), Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
        let nobody = seats.take(None).unwrap();
        assert_eq!(seats.take(None).unwrap_err(), Full::Own);
        let _first = seats.take(one).unwrap();
        let second = seats.take(one).unwrap();
        assert_eq!(seats.take(one).unwrap_err(), Full::Own);
        let _third = seats.take(two).unwrap();
        assert_eq!(seats.take(two).unwrap_err(), Full::All);
        drop(second);
        let _fourth = seats.take(one).unwrap();
        drop(nobody);
        assert!(seats.take(None).is_ok());
    }

    #[test]
    fn a_place_changes_its_owner_and_leaves_nothing_behind() {
        let (seats, one) = (seats(), Some(Uuid::from_u128(1)));
        let mut seat = seats.take(None).unwrap();
        seat.belongs_to(one).unwrap();
        let mut other = seats.take(None).unwrap();
        other.belongs_to(one).unwrap();
        let mut third = seats.take(None).unwrap();
        assert_eq!(third.belongs_to(one), Err(Full::Own));
        // Refused, it still is what it was.
        assert_eq!(seats.take(None).unwrap_err(), Full::Own);
        drop((seat, other, third));
        let taken = seats.lock();
        assert!(taken.all == 0 && taken.by.is_empty());
    }
}
