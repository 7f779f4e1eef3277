use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::parser::types::OperationType;
use async_graphql::{ServerError, Value};
use uuid::Uuid;

use super::*;
use crate::identity::Principal;

/// Answers how often it was asked; at a position that the test moves.
#[derive(Default)]
struct Counting {
    asked: AtomicU64,
    position: AtomicU64,
    /// The position moves while a query is executed.
    moves: bool,
}

impl Engine for Counting {
    fn weigh(&self, request: &mut Request, _: &Asker) -> Result<Weight, Box<Unfit>> {
        let same_for_all = !request.query.contains("viewer");
        Ok(Weight { cost: 1, operation: OperationType::Query, same_for_all })
    }

    fn execute(&self, request: Request, _: Asker) -> BoxFuture<'static, Executed> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if self.moves {
            self.position.fetch_add(1, Ordering::SeqCst);
        }
        let mut response = Response::new(Value::from(asked));
        if request.query.contains("fails") {
            response.errors.push(ServerError::new("it fails", None));
        }
        ready(response.into()).boxed()
    }

    fn execute_stream(&self, _: Request, _: Asker) -> BoxStream<'static, Response> {
        unreachable!("nothing is followed here")
    }

    fn position(&self) -> Option<u64> {
        Some(self.position.load(Ordering::SeqCst))
    }

    fn sdl(&self) -> String {
        String::new()
    }
}

fn somebody(account: u128, areas: &[&str]) -> Asker {
    let principal = Principal {
        id: Uuid::from_u128(account),
        name: format!("account {account}"),
        language: None,
        roles: vec![],
        areas: areas.iter().map(|area| (*area).to_owned()).collect(),
        organisations: vec![],
        person: None,
        acting: None,
        read_only: false,
    };
    Asker { principal: Some(Arc::new(principal)), ..Asker::anonymous("x".into()) }
}

/// The number that the engine gave, now or earlier.
async fn ask(keeping: &Keeping, query: &str, asker: Asker) -> u64 {
    let Executed { response, data } = keeping.execute(Request::new(query), asker).await;
    match data {
        Some(data) => data.get().parse().unwrap(),
        None => response.data.to_string().parse().unwrap(),
    }
}

fn keeping(engine: Counting) -> (Keeping, Arc<Counting>) {
    let engine = Arc::new(engine);
    (Keeping::new(Arc::clone(&engine) as Arc<dyn Engine>, Counter::default()), engine)
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_those_with_the_same_rights_until_something_happens() {
    let (keeping, engine) = keeping(Counting::default());
    let query = "{ incidents }";
    assert_eq!(ask(&keeping, query, somebody(1, &["42"])).await, 1);
    assert_eq!(ask(&keeping, query, somebody(2, &["42"])).await, 1, "another with the same rights");
    assert_eq!(ask(&keeping, query, somebody(3, &["43"])).await, 2);
    assert_eq!(ask(&keeping, query, somebody(4, &[])).await, 3);
    assert_eq!(ask(&keeping, "{  incidents }", somebody(1, &["42"])).await, 4, "another text");
    let chinese = Asker { language: domain::Language::ZhCn, ..somebody(1, &["42"]) };
    assert_eq!(ask(&keeping, query, chinese).await, 5);
    assert_eq!(keeping.hits.get(), 1);
    engine.position.store(7, Ordering::SeqCst);
    assert_eq!(ask(&keeping, query, somebody(2, &["42"])).await, 6, "something was recorded");
    assert_eq!(ask(&keeping, query, somebody(1, &["42"])).await, 6);
    tokio::time::advance(LONGEST).await;
    assert_eq!(ask(&keeping, query, somebody(1, &["42"])).await, 7, "the clock goes on");
}

#[tokio::test]
async fn what_is_ones_own_has_errors_or_comes_from_nobody_is_not_kept() {
    let (keeping, _) = keeping(Counting::default());
    let mut last = 0;
    for query in ["{ viewer }", "{ fails }"] {
        for _ in 0..2 {
            let now = ask(&keeping, query, somebody(1, &["42"])).await;
            assert_eq!(now, last + 1, "{query}");
            last = now;
        }
    }
    for _ in 0..2 {
        last += 1;
        assert_eq!(ask(&keeping, "{ incidents }", Asker::anonymous("x".into())).await, last);
    }
    // Who has seen more than the views show waits for it.
    let ahead = || Asker { at_least: Some(5), ..somebody(1, &["42"]) };
    for _ in 0..2 {
        last += 1;
        assert_eq!(ask(&keeping, "{ incidents }", ahead()).await, last);
    }
}

#[tokio::test]
async fn an_answer_that_was_overtaken_while_it_was_made_is_not_kept() {
    let (keeping, engine) = keeping(Counting { moves: true, ..Counting::default() });
    assert_eq!(ask(&keeping, "{ incidents }", somebody(1, &["42"])).await, 1);
    assert_eq!(lock(&keeping.kept).answers.len(), 0);
    assert_eq!(engine.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn what_is_kept_is_bounded() {
    let mut kept = Kept { position: 0, answers: LruCache::new_unbounded(), bytes: 0 };
    let data = |bytes: usize| -> Arc<RawValue> {
        RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap().into()
    };
    // A paused clock needs a runtime; the time of making does not matter here.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    kept.keep([255; 32], 1, &data(BYTES_OF_ONE + 1), Instant::now());
    assert_eq!((kept.answers.len(), kept.bytes), (0, 0));
    let one = data(BYTES_OF_ONE - BYTES_BESIDE);
    let most = BYTES / BYTES_OF_ONE;
    for number in 0..=u8::try_from(most).unwrap() {
        kept.keep([number; 32], 1, &one, Instant::now());
    }
    assert_eq!((kept.answers.len(), kept.bytes), (most, BYTES));
    assert!(kept.find(&[0; 32], 1).is_none() && kept.find(&[1; 32], 1).is_some());
    kept.keep([1; 32], 1, &data(10), Instant::now());
    assert_eq!(kept.bytes, BYTES - BYTES_OF_ONE + 10 + BYTES_BESIDE);
    kept.keep([1; 32], 0, &one, Instant::now());
    assert_eq!(kept.find(&[1; 32], 1).unwrap().get().len(), 10, "an older answer takes no place");
    kept.keep([9; 32], 2, &data(10), Instant::now());
    assert_eq!((kept.answers.len(), kept.bytes), (1, 10 + BYTES_BESIDE));
}
