//! Cases about reading what was appended.

use super::case_list;
use super::world::{Outcome, World, holds, ids_of, same};
use crate::{Append, Expected, NewEvent, Position, Recorded, Revision};

case_list!(
    an_unknown_stream_is_empty,
    a_stream_is_read_in_pages,
    everything_is_read_in_one_order,
    the_head_is_the_last_event,
    bytes_and_digest_are_kept,
);

async fn an_unknown_stream_is_empty(world: World) -> Outcome {
    let stream = world.stream("a")?;
    same("ids", world.ids(&stream).await?, vec![])
}

async fn a_stream_is_read_in_pages(world: World) -> Outcome {
    let (stream, other) = (world.stream("a")?, world.stream("b")?);
    for number in 0..25_u32 {
        let expected =
            number.checked_sub(1).map_or(Expected::NoStream, |n| Expected::Exact(Revision(n.into())));
        world.done(&stream, expected, [number], number.into()).await?;
        world.done(&other, expected, [1_000 + number], number.into()).await?;
    }
    let all = ids_of(&world.events(0..25));
    for (from, limit) in
        [(0, 10), (10, 10), (20, 10), (24, 1), (0, 25), (0, 1_000), (7, 3), (25, 5), (9_999, 5)]
    {
        let page = world.log.read_stream(&stream, Revision(from as u64), limit).await?;
        let expected: Vec<_> = all.iter().skip(from).take(limit).copied().collect();
        same("a page", page.iter().map(|event| event.id).collect(), expected)?;
    }
    same("a page of nothing", world.log.read_stream(&stream, Revision(0), 0).await?, vec![])?;
    same("far beyond", world.log.read_stream(&stream, Revision(u64::MAX), 5).await?, vec![])
}

async fn everything_is_read_in_one_order(world: World) -> Outcome {
    let before = world.log.head().await?;
    let streams = [world.stream("a")?, world.stream("b")?, world.stream("c")?];
    let mut expected = [Expected::NoStream; 3];
    for number in 0..30_u32 {
        let at = number as usize % 3;
        let revision = u64::from(number / 3);
        world.done(&streams[at], expected[at], [number], revision).await?;
        expected[at] = Expected::Exact(Revision(revision));
    }
    let mut found: Vec<Recorded> = Vec::new();
    let mut after = before;
    loop {
        let page = world.log.read_all(after, 7).await?;
        holds("a page keeps to its limit", page.len() <= 7)?;
        let Some(last) = page.last() else { break };
        let previous = after.replace(last.position);
        let positions: Vec<Position> =
            previous.into_iter().chain(page.iter().map(|event| event.position)).collect();
        holds("positions grow", positions.is_sorted_by(|a, b| a < b))?;
        found.extend(page);
    }
    let found = world.own(found);
    same("ids", found.iter().map(|event| event.id).collect(), ids_of(&world.events(0..30)))?;
    for stream in &streams {
        let of_stream: Vec<Recorded> =
            found.iter().filter(|event| event.stream == *stream).cloned().collect();
        same("the stream by itself", of_stream, world.read(stream).await?)?;
    }
    let from_start = world.log.read_all(None, 1).await?;
    same("events from the start", from_start.len(), 1)?;
    holds("the start is not after the first", from_start[0].position <= found[0].position)
}

async fn the_head_is_the_last_event(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let position = world.done(&stream, Expected::NoStream, [1, 2], 1).await?;
    holds("the head is at least at the append", world.log.head().await? >= Some(position))?;
    let beyond = world.own(world.log.read_all(Some(position), 10).await?);
    same("own events beyond the last one", beyond, vec![])
}

async fn bytes_and_digest_are_kept(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let mut events: Vec<NewEvent> = world.events(0..5);
    events[0].data = (0..=255).collect();
    events[1].data = Vec::new();
    events[1].meta = Vec::new();
    events[2].data = "{\"社区\":\"巡逻\",\"👮\":\"naïve \\u0000\"}".as_bytes().to_vec();
    events[2].kind = "巡逻已开始".into();
    events[3].version = u16::MAX;
    events[4].meta = vec![0; 70_000];
    events[4].data = vec![0xff; 70_000];
    let append = Append { stream: stream.clone(), expected: Expected::NoStream, events: events.clone() };
    world.log.append(append).await?;
    let found = world.read(&stream).await?;
    same("count", found.len(), events.len())?;
    for (event, sent) in found.iter().zip(&events) {
        let kept = NewEvent {
            id: event.id,
            kind: event.kind.clone(),
            version: event.version,
            meta: event.meta.clone(),
            data: event.data.clone(),
        };
        same("an event", &kept, sent)?;
        holds("the digest fits", event.is_intact())?;
        same("the digest", event.digest, Recorded::digest_of(&stream, event.revision, sent))?;
    }
    Ok(())
}
