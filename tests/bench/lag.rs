//! From the acknowledgement of an append to the moment at which queries see it.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Actor, ActorId, AreaCode, CommandId, Meta, Priority, When,
    event::encode,
    incident::{IncidentChannel, IncidentEvent, IncidentKind},
};
use event_log::{Append, EventLog as _, Expected, NewEvent, StreamName};
use uuid::Uuid;

use crate::{Outcome, load};

const EVENTS_A_SECOND: u32 = 5_000;
const SECONDS: u32 = 8;
/// Appends that start together, this often.
const TICK: Duration = Duration::from_millis(2);

pub struct Lag {
    pub p50: f64,
    pub p99: f64,
    pub rate: f64,
    /// p50 of a bare fdatasync of 500 bytes, in milliseconds.
    pub floor: f64,
}

pub async fn run(folder: &Path) -> Outcome<Lag> {
    let floor = bare_sync(folder)?;
    let now: When = "2026-11-23T12:00:00+08:00".parse()?;
    let opened = load::open(folder, Arc::new(move || now.at))?;
    let head = opened.log.head().await?.map_or(0, |position| position.0);
    opened.views.wait_for(head, Duration::from_secs(60)).await?;
    let per_tick = EVENTS_A_SECOND / u32::try_from(1_000 / TICK.as_millis())?;
    let (mut waits, begun) = (Vec::new(), Instant::now());
    let mut ticks = tokio::time::interval(TICK);
    while begun.elapsed() < Duration::from_secs(SECONDS.into()) {
        ticks.tick().await;
        for _ in 0..per_tick {
            let number = u128::try_from(waits.len())?;
            let append = incident(number, now)?;
            let (log, views) = (Arc::clone(&opened.log), Arc::clone(&opened.views));
            waits.push(tokio::spawn(async move {
                let position = match log.append(append).await {
                    Ok(event_log::Appended::Done { position, .. }) => position.0,
                    other => return Err(format!("{other:?}")),
                };
                let acknowledged = Instant::now();
                views.wait_for(position, Duration::from_secs(30)).await.map_err(|cause| cause.to_string())?;
                Ok(acknowledged.elapsed())
            }));
        }
    }
    let count = u32::try_from(waits.len())?;
    let mut lags = Vec::with_capacity(waits.len());
    for wait in waits {
        lags.push(wait.await??.as_secs_f64() * 1e3);
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    let views = Arc::clone(&opened.views);
    tokio::task::spawn_blocking(move || views.close()).await?;
    lags.sort_unstable_by(f64::total_cmp);
    Ok(Lag { p50: percentile(&lags, 50), p99: percentile(&lags, 99), rate, floor })
}

/// Nearest rank; 0 when there is nothing.
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn incident(number: u128, now: When) -> Outcome<Append> {
    let id = Uuid::from_u128(0xbe9c_0000_0000_0000_0000_0000_0000_0000 | number);
    let area: AreaCode = "421002001001".parse()?;
    let event = IncidentEvent::IncidentReported {
        area,
        kind: IncidentKind::Noise,
        channel: IncidentChannel::Phone,
        priority: Priority::Low,
        self_initiated: false,
        drill: false,
        reported_at: now,
        reporter_name: None,
        reporter_phone: None,
        address: None,
        narrative: None,
        place_key: None,
        shift: None,
        run: None,
        company: None,
        contract: None,
        due_at: None,
    };
    let meta = Meta {
        occurred_at: now,
        recorded_at: now.at,
        actor: Actor { id: ActorId(Uuid::nil()), person: None, organisation: None },
        area: Some(area),
        command: CommandId(id),
        content: "0".repeat(32).into(),
        index: 0,
        causation: None,
        correlation: id,
    };
    let encoded = encode(&event)?;
    let event = NewEvent {
        id,
        kind: encoded.kind,
        version: encoded.version,
        meta: serde_json::to_vec(&meta)?,
        data: encoded.data,
    };
    Ok(Append { stream: StreamName::new("incident", id)?, expected: Expected::NoStream, events: vec![event] })
}

/// 500 bytes and one fdatasync, again and again, into a preallocated file.
fn bare_sync(folder: &Path) -> Outcome<f64> {
    let path = folder.join("floor.tmp");
    let file = File::create(&path)?;
    file.write_all_at(&vec![0; 1 << 20], 0)?;
    file.sync_all()?;
    let mut took = Vec::new();
    for round in 0..1_000_u64 {
        let begun = Instant::now();
        file.write_all_at(&[7; 500], round * 500)?;
        file.sync_data()?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    took.sort_unstable_by(f64::total_cmp);
    Ok(percentile(&took, 50))
}
