//! The bounds of one append, the same for every engine.

use crate::{
    Append, LogError, MAX_APPEND_BYTES, MAX_EVENT_BYTES, MAX_EVENTS_PER_APPEND, MAX_KIND_BYTES, NewEvent,
};

pub(crate) fn check(append: &Append) -> Result<usize, LogError> {
    let count = append.events.len();
    if count == 0 {
        return Err(malformed("it has no event".into()));
    }
    if count > MAX_EVENTS_PER_APPEND {
        return Err(malformed(format!("{count} events, at most {MAX_EVENTS_PER_APPEND} are allowed")));
    }
    let mut total = 0;
    for (at, event) in append.events.iter().enumerate() {
        total += check_event(at, event)?;
    }
    if total > MAX_APPEND_BYTES {
        return Err(malformed(format!("{total} bytes, at most {MAX_APPEND_BYTES} are allowed")));
    }
    Ok(total)
}

fn check_event(at: usize, event: &NewEvent) -> Result<usize, LogError> {
    let kind = event.kind.len();
    if kind == 0 || kind > MAX_KIND_BYTES {
        return Err(malformed(format!(
            "event {at}: its kind has {kind} bytes, 1 to {MAX_KIND_BYTES} are allowed"
        )));
    }
    if event.version == 0 {
        return Err(malformed(format!("event {at}: versions start at 1")));
    }
    let bytes = kind + event.meta.len() + event.data.len();
    if bytes > MAX_EVENT_BYTES {
        return Err(malformed(format!("event {at}: {bytes} bytes, at most {MAX_EVENT_BYTES} are allowed")));
    }
    Ok(bytes)
}

fn malformed(why: String) -> LogError {
    LogError::Malformed(why)
}
