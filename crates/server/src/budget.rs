//! What each asker may still cost: a token bucket for every principal, and a bound on what runs for them at once.
//!
//! One budget for everything that an account causes, on whatever way: GraphQL over HTTP, over WebSocket and as events,
//! each element of a batch, each event of a subscription, each line of an ingest. Nobody signed in pays by address.
//! The state is bounded: of the principals seen longest ago nothing is remembered, which is as good as a full bucket.
//! Absent on purpose: what a request costs (`graphql::engine`), and the wall clock, which may jump.

use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hashlink::LruCache;
use uuid::Uuid;

/// In this time an empty bucket is full again.
pub const WINDOW: Duration = Duration::from_secs(60);
/// What one line of an ingest costs.
pub const INGEST_LINE: u64 = 5;
/// Most accounts, and most addresses, that are remembered.
const MOST: usize = 10_000;
/// An address that nobody has signed in from has this part of an account's budget.
const ANONYMOUS_PART: u64 = 10;

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// An account, with whatever credential.
    Account(Uuid),
    /// Somebody who is not signed in, by the address of the connection. Behind a proxy all of them share the proxy's.
    Address(IpAddr),
}

impl Payer {
    /// Nobody signed in; of an IPv6 address the network counts, because its owner has 2^64 addresses in it.
    pub fn nobody(peer: Option<IpAddr>) -> Self {
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.to_canonical());
        Self::Address(match peer {
            IpAddr::V4(_) => peer,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

/// How a bucket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// What a full bucket holds, and what flows in within [`WINDOW`].
    pub limit: u64,
    pub remaining: u64,
    /// Seconds until it is full again, rounded up.
    pub resets_in: u64,
}

/// There is not enough left. Nothing was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub left: Left,
    /// Seconds until the same charge would be taken, rounded up; at least 1.
    pub seconds: u64,
}

/// How a budget is measured out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Cost that an account may cause within a minute, and at once after a pause.
    pub cost_per_minute: u64,
    /// Requests of one account that may run at once.
    pub at_once: usize,
}

impl Default for Rates {
    fn default() -> Self {
        Self { cost_per_minute: 60_000, at_once: 64 }
    }
}

/// Tells the time since some fixed moment; never goes back.
pub type Monotonic = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The buckets of all who ask.
pub struct Budget {
    rates: Rates,
    clock: Monotonic,
    accounts: Mutex<LruCache<Uuid, Account>>,
    addresses: Mutex<LruCache<IpAddr, Account>>,
}

/// One bucket: when it would be full if nothing more were charged (the generic cell rate algorithm), and what runs.
#[derive(Clone, Debug, Default)]
struct Account {
    full_at: Duration,
    running: Arc<AtomicUsize>,
    reading: Arc<tokio::sync::Mutex<()>>,
}

/// Something runs for a payer, until it is dropped.
#[derive(Debug)]
pub struct Turn(Arc<AtomicUsize>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("rates", &self.rates).finish_non_exhaustive()
    }
}

impl Budget {
    pub fn new(rates: Rates, clock: Monotonic) -> Self {
        Self {
            rates,
            clock,
            accounts: Mutex::new(LruCache::new(MOST)),
            addresses: Mutex::new(LruCache::new(MOST)),
        }
    }

    /// Measured by the clock of the process.
    pub fn of_process(rates: Rates) -> Self {
        let begun = std::time::Instant::now();
        Self::new(rates, Arc::new(move || begun.elapsed()))
    }

    pub const fn rates(&self) -> Rates {
        self.rates
    }

    /// What a payer's full bucket holds.
    pub fn limit(&self, payer: Payer) -> u64 {
        let limit = self.rates.cost_per_minute;
        match payer {
            Payer::Account(_) => limit.max(1),
            Payer::Address(_) => (limit / ANONYMOUS_PART).max(1),
        }
    }

    /// Takes a cost from the payer's bucket. What costs more than a full bucket holds takes a full bucket.
    ///
    /// # Errors
    /// When there is not enough left; then nothing is taken.
    pub fn charge(&self, payer: Payer, cost: u64) -> Result<Left, Wait> {
        self.after(payer, cost, |account, full_at| account.full_at = full_at)
    }

    /// Takes a cost that has arisen already, also when there is not enough left; how long it takes until nothing is owed
    /// any more. Meanwhile nothing else is taken.
    pub fn owe(&self, payer: Payer, cost: u64) -> Duration {
        let limit = self.limit(payer);
        let now = (self.clock)();
        self.with(payer, |account| {
            account.full_at = account.full_at.max(now) + time_of(cost.min(limit), limit);
            account.full_at.saturating_sub(now + WINDOW)
        })
    }

    /// The turn of a payer to cause costs that are known afterwards only.
    pub fn reading(&self, payer: Payer) -> Arc<tokio::sync::Mutex<()>> {
        self.with(payer, |account| Arc::clone(&account.reading))
    }

    /// Whether a cost would be taken now; how the bucket would stand then. Nothing is taken.
    ///
    /// # Errors
    /// When there is not enough left.
    pub fn afford(&self, payer: Payer, cost: u64) -> Result<Left, Wait> {
        self.after(payer, cost, |_, _| {})
    }

    fn after(
        &self,
        payer: Payer,
        cost: u64,
        take: impl FnOnce(&mut Account, Duration),
    ) -> Result<Left, Wait> {
        let limit = self.limit(payer);
        let now = (self.clock)();
        let lasting = time_of(cost.min(limit), limit);
        self.with(payer, |account| {
            let full_at = account.full_at.max(now) + lasting;
            match full_at.checked_sub(now + WINDOW).filter(|beyond| !beyond.is_zero()) {
                Some(beyond) => {
                    Err(Wait { left: left(account.full_at, now, limit), seconds: seconds(beyond).max(1) })
                }
                None => {
                    take(account, full_at);
                    Ok(left(full_at, now, limit))
                }
            }
        })
    }

    /// How the payer's bucket stands; nothing is charged.
    pub fn left(&self, payer: Payer) -> Left {
        let (limit, now) = (self.limit(payer), (self.clock)());
        self.with(payer, |account| left(account.full_at, now, limit))
    }

    /// Begins to run something for a payer; `None` when as much as is allowed runs already.
    pub fn begin(&self, payer: Payer) -> Option<Turn> {
        let most = self.rates.at_once.max(1);
        let running = self.with(payer, |account| Arc::clone(&account.running));
        let more = |now: usize| (now < most).then_some(now + 1);
        running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Turn(running))
    }

    fn with<T>(&self, payer: Payer, act: impl FnOnce(&mut Account) -> T) -> T {
        match payer {
            Payer::Account(id) => within(&self.accounts, id, act),
            Payer::Address(address) => within(&self.addresses, address, act),
        }
    }
}

fn within<K: Hash + Eq, T>(
    cache: &Mutex<LruCache<K, Account>>,
    key: K,
    act: impl FnOnce(&mut Account) -> T,
) -> T {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    // A look-up makes the entry the newest; one that is made anew pushes out the oldest.
    if let Some(account) = cache.get_mut(&key) {
        return act(account);
    }
    let mut account = Account::default();
    let outcome = act(&mut account);
    cache.insert(key, account);
    outcome
}

/// The time in which a cost flows in.
fn time_of(cost: u64, limit: u64) -> Duration {
    let nanos = u128::from(cost) * WINDOW.as_nanos() / u128::from(limit);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn left(full_at: Duration, now: Duration, limit: u64) -> Left {
    let missing = full_at.saturating_sub(now);
    let spent = (missing.as_nanos() * u128::from(limit)).div_ceil(WINDOW.as_nanos());
    let remaining = limit.saturating_sub(u64::try_from(spent).unwrap_or(u64::MAX));
    Left { limit, remaining, resets_in: seconds(missing) }
}

/// Whole seconds, rounded up.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
