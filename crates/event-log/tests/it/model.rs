//! Random histories against a model that is too simple to be wrong.

use event_log::{
    Append, Appended, EventLog as _, Expected, NewEvent, Position, Recorded, Revision, SqliteLog,
};

use super::support::{Random, after, event, small, stream};

#[derive(Default)]
struct Model {
    events: Vec<Recorded>,
}

impl Model {
    fn of_stream(&self, number: usize) -> Vec<Recorded> {
        self.events.iter().filter(|event| event.stream == stream(number)).cloned().collect()
    }

    fn append(&mut self, number: usize, expected: Expected, events: &[NewEvent]) -> Appended {
        let own = self.of_stream(number);
        let first = match expected {
            Expected::NoStream => 0,
            Expected::Exact(revision) => revision.0 as usize + 1,
        };
        if first == own.len() {
            for (offset, event) in events.iter().enumerate() {
                let revision = Revision((first + offset) as u64);
                self.events.push(Recorded {
                    position: Position(self.events.len() as u64 + 1),
                    stream: stream(number),
                    revision,
                    id: event.id,
                    kind: event.kind.clone(),
                    version: event.version,
                    meta: event.meta.clone(),
                    data: event.data.clone(),
                    digest: Recorded::digest_of(&stream(number), revision, event),
                });
            }
            let last = self.events.last().expect("an event");
            return Appended::Done { position: last.position, revision: last.revision };
        }
        let there = own.get(first..first + events.len());
        match there {
            Some(there) if there.iter().zip(events).all(|(a, b)| a.id == b.id) => {
                let last = there.last().expect("an event");
                Appended::AlreadyThere { position: last.position, revision: last.revision }
            }
            _ => Appended::Conflict { actual: own.last().map(|event| event.revision) },
        }
    }
}

async fn history(seed: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.sqlite");
    let mut log = SqliteLog::open(&path, small()).expect("a log");
    let mut model = Model::default();
    let mut random = Random::new(seed);
    let mut sent: Vec<(usize, Expected, Vec<NewEvent>)> = Vec::new();
    for step in 0..600_u128 {
        let number = random.below(12);
        let own = model.of_stream(number);
        match random.below(20) {
            0..9 => {
                let last = own.len().checked_sub(1).map(|last| last as u64);
                let events =
                    (0..1 + random.below(6) as u128).map(|n| event(step << 8 | n, random.below(900)));
                sent.push((number, after(last), events.collect()));
                check_append(&log, &mut model, sent.last().expect("an append"), seed).await;
            }
            9..12 => {
                let wrong = after(random.below(own.len() + 3).checked_sub(1).map(|last| last as u64));
                check_append(&log, &mut model, &(number, wrong, vec![event(step << 8, 10)]), seed).await;
            }
            12..15 if !sent.is_empty() => {
                let repeated = sent[random.below(sent.len())].clone();
                check_append(&log, &mut model, &repeated, seed).await;
            }
            15..18 => {
                let (from, limit) = (random.below(own.len() + 2), random.below(40));
                let found =
                    log.read_stream(&stream(number), Revision(from as u64), limit).await.expect("events");
                let expected: Vec<_> = own.into_iter().skip(from).take(limit).collect();
                assert_eq!(found, expected, "seed {seed}, step {step}, stream {number} from {from}");
            }
            18 => {
                let (from, limit) = (random.below(model.events.len() + 2), random.below(100));
                let found = log.read_all(Some(Position(from as u64)), limit).await.expect("events");
                let expected: Vec<_> = model.events.iter().skip(from).take(limit).cloned().collect();
                assert_eq!(found, expected, "seed {seed}, step {step}, all after {from}");
            }
            _ if random.below(8) == 0 => {
                drop(log);
                log = SqliteLog::open(&path, small()).expect("a log");
            }
            _ => {}
        }
    }
    assert_eq!(log.read_all(None, usize::MAX).await.expect("events"), model.events, "seed {seed}");
    drop(log);
    let verified = event_log::sqlite::verify(&path, |_, _| {}).expect("a whole log");
    assert_eq!(verified.events, model.events.len() as u64, "seed {seed}");
    let streams = (0..12).filter(|&number| !model.of_stream(number).is_empty()).count();
    assert_eq!(verified.streams, streams as u64, "seed {seed}");
}

async fn check_append(
    log: &SqliteLog,
    model: &mut Model,
    sent: &(usize, Expected, Vec<NewEvent>),
    seed: u64,
) {
    let (number, expected, events) = sent;
    let append = Append { stream: stream(*number), expected: *expected, events: events.clone() };
    let answer = log.append(append).await.expect("an answer");
    assert_eq!(
        answer,
        model.append(*number, *expected, events),
        "seed {seed}, stream {number}, {expected:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn random_histories_equal_the_model() {
    for seed in 1..=12 {
        history(seed).await;
    }
}
