use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use server::budget::{Budget, Left, Payer, Rates};
use uuid::Uuid;

const RATES: Rates = Rates { cost_per_minute: 600, at_once: 2 };

/// A budget and a clock that stands until it is moved.
fn budget(rates: Rates) -> (Arc<Budget>, Arc<AtomicU64>) {
    let millis = Arc::new(AtomicU64::new(5_000));
    let told = Arc::clone(&millis);
    let clock = move || Duration::from_millis(told.load(Ordering::SeqCst));
    (Arc::new(Budget::new(rates, Arc::new(clock))), millis)
}

fn account(number: u128) -> Payer {
    Payer::Account(Uuid::from_u128(number))
}

#[test]
fn a_bucket_empties_and_fills_again() {
    let (budget, millis) = budget(RATES);
    assert_eq!(budget.left(account(1)), Left { limit: 600, remaining: 600, resets_in: 0 });
    assert_eq!(budget.charge(account(1), 100), Ok(Left { limit: 600, remaining: 500, resets_in: 10 }));
    assert_eq!(budget.charge(account(1), 500).unwrap().remaining, 0);
    let wait = budget.charge(account(1), 7).unwrap_err();
    assert_eq!((wait.left.remaining, wait.left.resets_in, wait.seconds), (0, 60, 1));
    assert_eq!(budget.charge(account(1), 25).unwrap_err().seconds, 3);
    assert_eq!(budget.afford(account(1), 25).unwrap_err().seconds, 3);
    // What is refused is not charged, and after the time that was told it is taken.
    millis.fetch_add(700, Ordering::SeqCst);
    assert_eq!(budget.afford(account(1), 7).unwrap().remaining, 0);
    assert_eq!(budget.left(account(1)).remaining, 7);
    assert_eq!(budget.charge(account(1), 7).unwrap().remaining, 0);
    millis.fetch_add(3_600_000, Ordering::SeqCst);
    assert_eq!(budget.left(account(1)), Left { limit: 600, remaining: 600, resets_in: 0 });
}

#[test]
fn what_costs_more_than_a_bucket_takes_a_full_one() {
    let (budget, _) = budget(RATES);
    assert_eq!(budget.charge(account(1), 1_000_000).unwrap().remaining, 0);
    assert_eq!(budget.charge(account(1), u64::MAX).unwrap_err().seconds, 60);
    for limit in [0, 1, 1_000_000_000_000] {
        let (budget, _) = self::budget(Rates { cost_per_minute: limit, at_once: 0 });
        assert_eq!(budget.charge(account(1), u64::MAX).unwrap().remaining, 0, "{limit}");
        assert!(budget.begin(account(1)).is_some(), "at least one runs");
    }
}

#[test]
fn what_is_owed_is_taken_whatever_is_left_and_then_nothing_else() {
    let (budget, millis) = budget(RATES);
    budget.charge(account(1), 590).unwrap();
    assert_eq!(budget.owe(account(1), 10), Duration::ZERO);
    assert_eq!(budget.owe(account(1), 100), Duration::from_secs(10));
    assert_eq!(budget.left(account(1)), Left { limit: 600, remaining: 0, resets_in: 70 });
    assert_eq!(budget.charge(account(1), 1).unwrap_err().seconds, 11);
    assert_eq!(budget.charge(account(2), 600).unwrap().remaining, 0, "who owes is one account");
    millis.fetch_add(10_000, Ordering::SeqCst);
    assert_eq!(budget.left(account(1)).remaining, 0);
    assert_eq!(budget.owe(account(1), u64::MAX), Duration::from_secs(60), "at most a full bucket at once");
    millis.fetch_add(61_000, Ordering::SeqCst);
    assert_eq!(budget.charge(account(1), 10).unwrap().remaining, 0);
    assert!(Arc::ptr_eq(&budget.reading(account(1)), &budget.reading(account(1))));
    assert!(!Arc::ptr_eq(&budget.reading(account(1)), &budget.reading(account(2))));
}

#[test]
fn nobody_pays_for_another() {
    let (budget, _) = budget(RATES);
    let address = |text: &str| Payer::nobody(Some(text.parse::<IpAddr>().unwrap()));
    budget.charge(account(1), 600).unwrap();
    assert_eq!(budget.left(account(2)).remaining, 600);
    assert_eq!(
        budget.charge(address("203.0.113.7"), 60).unwrap(),
        Left { limit: 60, remaining: 0, resets_in: 60 }
    );
    assert_eq!(budget.left(address("203.0.113.8")).remaining, 60);
    assert_eq!(budget.left(address("::ffff:203.0.113.7")).remaining, 0, "the same address");
    budget.charge(address("2001:db8::1"), 60).unwrap();
    assert_eq!(budget.left(address("2001:db8::ffff")).remaining, 0, "the same network");
    assert_eq!(budget.left(address("2001:db8:0:1::1")).remaining, 60);
    budget.charge(Payer::nobody(None), 60).unwrap();
    assert_eq!(budget.left(Payer::nobody(None)).remaining, 0);
}

#[test]
fn as_much_runs_at_once_as_is_allowed() {
    let (budget, _) = budget(RATES);
    let first = budget.begin(account(1)).unwrap();
    let second = budget.begin(account(1)).unwrap();
    assert!(budget.begin(account(1)).is_none());
    assert!(budget.begin(account(2)).is_some());
    drop(first);
    let third = budget.begin(account(1)).unwrap();
    assert!(budget.begin(account(1)).is_none());
    drop((second, third));
    assert!(budget.begin(account(1)).is_some());
}

#[test]
fn what_is_remembered_is_bounded() {
    let (budget, _) = budget(RATES);
    budget.charge(account(0), 600).unwrap();
    for number in 1..10_000 {
        budget.charge(account(number), 600).unwrap();
    }
    assert_eq!(budget.left(account(0)).remaining, 0);
    for number in 10_000..19_999 {
        budget.charge(account(number), 1).unwrap();
    }
    assert_eq!(budget.left(account(0)).remaining, 0, "the one seen last stays longest");
    assert_eq!(budget.left(account(1)).remaining, 600, "forgotten");
}

#[test]
fn threads_share_a_bucket_exactly() {
    let (budget, _) = budget(RATES);
    let taken = Mutex::new(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while budget.charge(account(1), 3).is_ok() {
                    *taken.lock().unwrap() += 3;
                }
            });
        }
    });
    assert_eq!(*taken.lock().unwrap(), 600);
}
