//! Cases about appending.

use futures_util::future::join_all;

use super::case_list;
use super::world::{Failure, Outcome, World, holds, ids_of, same};
use crate::{
    Append, Appended, Expected, LogError, MAX_APPEND_BYTES, MAX_EVENT_BYTES, MAX_EVENTS_PER_APPEND, Position,
    Revision,
};

case_list!(
    revisions_are_exact,
    no_stream_on_an_existing_one_conflicts,
    an_expected_stream_that_is_missing_conflicts,
    a_stale_or_future_revision_conflicts,
    all_or_nothing,
    a_repeat_is_recognised,
    a_repeat_of_an_older_append_is_recognised,
    a_partial_overlap_conflicts,
    the_same_ids_in_another_order_conflict,
    identical_appends_race,
    one_wins_per_revision,
    many_streams_at_once,
    malformed_appends_are_refused,
    the_largest_append_is_taken,
);

const NO_STREAM: Expected = Expected::NoStream;

fn exact(revision: u64) -> Expected {
    Expected::Exact(Revision(revision))
}

fn conflict(actual: Option<u64>) -> Appended {
    Appended::Conflict { actual: actual.map(Revision) }
}

async fn revisions_are_exact(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let first = world.done(&stream, NO_STREAM, [1], 0).await?;
    let second = world.done(&stream, exact(0), [2, 3], 2).await?;
    let third = world.done(&stream, exact(2), [4], 3).await?;
    holds("positions grow", first < second && second < third)?;
    let events = world.read(&stream).await?;
    same("ids", events.iter().map(|event| event.id).collect(), ids_of(&world.events(1..=4)))?;
    same("revisions", events.iter().map(|event| event.revision.0).collect(), vec![0, 1, 2, 3])?;
    let positions: Vec<Position> = events.iter().map(|event| event.position).collect();
    holds("positions grow within an append", positions.is_sorted_by(|a, b| a < b))?;
    same("the answered positions", vec![positions[0], positions[2], positions[3]], vec![first, second, third])
}

async fn no_stream_on_an_existing_one_conflicts(world: World) -> Outcome {
    let stream = world.stream("a")?;
    world.done(&stream, NO_STREAM, [1, 2], 1).await?;
    same("outcome", world.append(&stream, NO_STREAM, [3]).await?, conflict(Some(1)))?;
    same("ids", world.ids(&stream).await?, ids_of(&world.events([1, 2])))
}

async fn an_expected_stream_that_is_missing_conflicts(world: World) -> Outcome {
    let stream = world.stream("a")?;
    same("outcome", world.append(&stream, exact(0), [1]).await?, conflict(None))?;
    same("ids", world.ids(&stream).await?, vec![])
}

async fn a_stale_or_future_revision_conflicts(world: World) -> Outcome {
    let stream = world.stream("a")?;
    world.done(&stream, NO_STREAM, [1, 2, 3], 2).await?;
    for revision in [0, 1, 3, 4, u64::MAX - 1, u64::MAX] {
        same("outcome", world.append(&stream, exact(revision), [9]).await?, conflict(Some(2)))?;
    }
    same("ids", world.ids(&stream).await?, ids_of(&world.events(1..=3)))
}

async fn all_or_nothing(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let mut events = world.events(1..=3);
    events[2].data = vec![0; MAX_EVENT_BYTES + 1];
    let append = Append { stream: stream.clone(), expected: NO_STREAM, events };
    let refused = world.log.append(append).await;
    holds(
        "an append with one impossible event is malformed",
        matches!(refused, Err(LogError::Malformed(_))),
    )?;
    same("outcome", world.append(&stream, exact(7), [1, 2, 3]).await?, conflict(None))?;
    same("ids", world.ids(&stream).await?, vec![])?;
    world.done(&stream, NO_STREAM, 1..=3, 2).await?;
    same("ids", world.ids(&stream).await?, ids_of(&world.events(1..=3)))
}

async fn a_repeat_is_recognised(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let position = world.done(&stream, NO_STREAM, [1, 2], 1).await?;
    for _ in 0..2 {
        let repeated = world.append(&stream, NO_STREAM, [1, 2]).await?;
        same("outcome", repeated, Appended::AlreadyThere { position, revision: Revision(1) })?;
    }
    same("ids", world.ids(&stream).await?, ids_of(&world.events([1, 2])))
}

async fn a_repeat_of_an_older_append_is_recognised(world: World) -> Outcome {
    let stream = world.stream("a")?;
    world.done(&stream, NO_STREAM, [1], 0).await?;
    let position = world.done(&stream, exact(0), [2, 3], 2).await?;
    world.done(&stream, exact(2), [4, 5], 4).await?;
    let repeated = world.append(&stream, exact(0), [2, 3]).await?;
    same("outcome", repeated, Appended::AlreadyThere { position, revision: Revision(2) })?;
    same("ids", world.ids(&stream).await?, ids_of(&world.events(1..=5)))
}

async fn a_partial_overlap_conflicts(world: World) -> Outcome {
    let stream = world.stream("a")?;
    world.done(&stream, NO_STREAM, [1, 2], 1).await?;
    same("the last one is new", world.append(&stream, NO_STREAM, [1, 2, 3]).await?, conflict(Some(1)))?;
    same("the last one differs", world.append(&stream, NO_STREAM, [1, 3]).await?, conflict(Some(1)))?;
    same("the first one differs", world.append(&stream, NO_STREAM, [3, 2]).await?, conflict(Some(1)))?;
    same("at another revision", world.append(&stream, exact(0), [1]).await?, conflict(Some(1)))?;
    same("ids", world.ids(&stream).await?, ids_of(&world.events([1, 2])))
}

async fn the_same_ids_in_another_order_conflict(world: World) -> Outcome {
    let stream = world.stream("a")?;
    world.done(&stream, NO_STREAM, [1, 2], 1).await?;
    same("outcome", world.append(&stream, NO_STREAM, [2, 1]).await?, conflict(Some(1)))
}

async fn identical_appends_race(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let outcomes = join_all((0..16).map(|_| world.append(&stream, NO_STREAM, [1, 2]))).await;
    let (mut done, mut places) = (0, Vec::new());
    for outcome in outcomes {
        match outcome? {
            Appended::Done { position, revision } => {
                done += 1;
                places.push((position, revision));
            }
            Appended::AlreadyThere { position, revision } => places.push((position, revision)),
            Appended::Conflict { actual } => return Err(Failure::new(format!("a conflict with {actual:?}"))),
        }
    }
    same("appends done", done, 1)?;
    places.dedup();
    same("places answered", places.len(), 1)?;
    same("ids", world.ids(&stream).await?, ids_of(&world.events([1, 2])))
}

async fn one_wins_per_revision(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let mut expected = NO_STREAM;
    let mut winners = Vec::new();
    for round in 0..20_u32 {
        let numbers: Vec<u32> = (0..8).map(|client| round * 8 + client).collect();
        let outcomes =
            join_all(numbers.iter().map(|&number| world.append(&stream, expected, [number]))).await;
        let mut won = Vec::new();
        for (number, outcome) in numbers.into_iter().zip(outcomes) {
            match outcome? {
                Appended::Done { revision, .. } => {
                    same("revision", revision.0, u64::from(round))?;
                    won.push(number);
                }
                other => same("a loser's outcome", other, conflict(Some(u64::from(round))))?,
            }
        }
        same("winners of one revision", won.len(), 1)?;
        winners.extend(won);
        expected = exact(u64::from(round));
    }
    same("ids", world.ids(&stream).await?, ids_of(&world.events(winners)))
}

async fn many_streams_at_once(world: World) -> Outcome {
    let clients = (0..100_u32).map(|client| {
        let world = world.clone();
        async move {
            let stream = world.stream(client)?;
            let mut expected = NO_STREAM;
            for step in 0..10 {
                let revision = u64::from(step);
                world.done(&stream, expected, [client * 100 + step], revision).await?;
                expected = exact(revision);
            }
            Ok::<_, Failure>(())
        }
    });
    for client in join_all(clients).await {
        client?;
    }
    for client in 0..100_u32 {
        let expected = ids_of(&world.events((0..10).map(|step| client * 100 + step)));
        same("ids", world.ids(&world.stream(client)?).await?, expected)?;
    }
    Ok(())
}

async fn malformed_appends_are_refused(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let wrong = |change: fn(&mut crate::NewEvent)| {
        let mut events = world.events([1]);
        change(&mut events[0]);
        events
    };
    let mut too_much = world.events(0..9);
    for event in &mut too_much {
        event.data = vec![0; MAX_APPEND_BYTES / 9 + 1];
    }
    let too_many = u32::try_from(MAX_EVENTS_PER_APPEND).unwrap_or(u32::MAX);
    let cases = [
        ("no event", vec![]),
        ("too many events", world.events(0..=too_many)),
        ("too large together", too_much),
        ("too large", wrong(|event| event.data = vec![0; MAX_EVENT_BYTES + 1])),
        ("too large with its metadata", wrong(|event| event.meta = vec![0; MAX_EVENT_BYTES])),
        ("no kind", wrong(|event| event.kind = "".into())),
        ("a kind too long", wrong(|event| event.kind = "K".repeat(65).into())),
        ("version 0", wrong(|event| event.version = 0)),
    ];
    for (what, events) in cases {
        let refused = world.log.append(Append { stream: stream.clone(), expected: NO_STREAM, events }).await;
        holds(&format!("{what} is malformed"), matches!(refused, Err(LogError::Malformed(_))))?;
    }
    same("ids", world.ids(&stream).await?, vec![])
}

async fn the_largest_append_is_taken(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let count = u32::try_from(MAX_EVENTS_PER_APPEND).unwrap_or(u32::MAX);
    world.done(&stream, NO_STREAM, 0..count, u64::from(count) - 1).await?;
    let mut large = world.event(count);
    large.data = vec![7; MAX_EVENT_BYTES - large.kind.len() - large.meta.len()];
    let append =
        Append { stream: stream.clone(), expected: exact(u64::from(count) - 1), events: vec![large.clone()] };
    world.log.append(append).await?;
    let last = world.log.read_stream(&stream, Revision(u64::from(count)), 1).await?;
    same("the large event", last.first().map(|event| event.data == large.data), Some(true))
}
