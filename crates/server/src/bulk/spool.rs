//! Answers of any length, written to a file that has no name and read from it by whoever asked, at their own pace: what
//! is being written never waits for a slow reader, and memory stays bounded.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures_util::stream;
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::Instant,
};
use uuid::Uuid;

/// Bytes that are written, and read, at once.
const PIECE: usize = 64 * 1024;

/// An account may hold this part of what all spools may.
const PART: u64 = 4;
/// Bytes per second that a reader must take on the whole, beyond its first `stall`.
const LEAST: u64 = 32 * 1024;
/// How long an answer that is whole waits for its reader in all. A few that just keep the pace would hold the room of all
/// others for a working day.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// How much all spools of a server may hold together, and those of one account.
#[derive(Debug)]
pub(crate) struct Quota {
    most: u64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: u64,
    by: HashMap<Uuid, u64>,
}

impl Quota {
    pub fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    fn take(&self, account: Uuid, bytes: u64) -> io::Result<()> {
        let mut held = self.lock();
        let own = held.by.get(&account).copied().unwrap_or_default();
        if held.all.saturating_add(bytes) > self.most || own.saturating_add(bytes) > self.most.div_ceil(PART)
        {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        held.all += bytes;
        held.by.insert(account, own + bytes);
        Ok(())
    }

    fn give_back(&self, account: Uuid, bytes: u64) {
        let mut held = self.lock();
        held.all -= bytes;
        if let Entry::Occupied(mut own) = held.by.entry(account) {
            *own.get_mut() -= bytes;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }

    #[cfg(test)]
    pub fn held(&self) -> u64 {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Shared {
    file: File,
    state: watch::Sender<State>,
    /// Whoever asked is gone.
    abandoned: AtomicBool,
    quota: Arc<Quota>,
    account: Uuid,
    taken: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    written: u64,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.quota.give_back(self.account, self.taken.load(Ordering::Relaxed));
    }
}

/// Makes a spool of an account in a folder; its file has no name and is gone with its last owner.
///
/// # Errors
/// When the file can not be made.
pub(crate) fn spool(folder: &Path, quota: &Arc<Quota>, account: Uuid) -> io::Result<(Writer, Reader)> {
    let shared = Arc::new(Shared {
        file: tempfile::tempfile_in(folder)?,
        state: watch::Sender::new(State::default()),
        abandoned: AtomicBool::new(false),
        quota: Arc::clone(quota),
        account,
        taken: AtomicU64::new(0),
    });
    let writer = Writer { shared: Arc::clone(&shared), buffer: Vec::new(), digest: Sha256::new(), at: 0 };
    Ok((writer, Reader(shared)))
}

/// What is written becomes readable with [`Write::flush`], or when enough has come together. Dropped without
/// [`Writer::finish`], the answer is broken off.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    buffer: Vec<u8>,
    digest: Sha256,
    at: u64,
}

impl Writer {
    /// Whether nobody reads it any more.
    pub fn is_abandoned(&self) -> bool {
        self.shared.abandoned.load(Ordering::Relaxed)
    }

    /// SHA-256 of all that was written.
    pub fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }

    /// Bytes that were written.
    pub fn length(&self) -> u64 {
        self.at + self.buffer.len() as u64
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// When the last piece can not be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.shared.state.send_modify(|state| state.end = Some(End::Whole));
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.state.send_modify(|state| state.end = state.end.or(Some(End::Broken)));
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.digest.update(bytes);
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let length = self.buffer.len() as u64;
        self.shared.quota.take(self.shared.account, length)?;
        self.shared.taken.fetch_add(length, Ordering::Relaxed);
        self.shared.file.write_all_at(&self.buffer, self.at)?;
        self.at += length;
        self.buffer.clear();
        self.shared.state.send_modify(|state| state.written = self.at);
        Ok(())
    }
}

/// The other end.
#[derive(Debug)]
pub(crate) struct Reader(Arc<Shared>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abandoned.store(true, Ordering::Relaxed);
    }
}

impl Reader {
    /// The body of an answer. Once everything is written, a piece must be taken within `stall`, 32 KiB in a second on the
    /// whole, and all of it within two hours; otherwise, and when the writer broke off, the body breaks off too, and its
    /// reader can tell.
    pub fn into_body(self, stall: Duration) -> Body {
        let (to, from) = mpsc::channel(1);
        tokio::spawn(self.feed(to, stall));
        Body::from_stream(stream::unfold(Some(from), async |from| {
            let mut from = from?;
            match from.recv().await {
                Some(Fed::Piece(piece)) => Some((Ok(piece), Some(from))),
                Some(Fed::Whole) => None,
                None => Some((Err(io::Error::from(io::ErrorKind::TimedOut)), None)),
            }
        }))
    }

    async fn feed(self, to: mpsc::Sender<Fed>, stall: Duration) {
        let mut state = self.0.state.subscribe();
        let mut at = 0;
        // What is taken quickly earns time for what is not.
        let mut patience = stall;
        let mut over = None;
        loop {
            let wait = state.wait_for(|state| state.written > at || state.end.is_some());
            let now = tokio::select! {
                () = to.closed() => return,
                now = wait => match now { Ok(now) => *now, Err(_) => return },
            };
            let fed = if now.written > at {
                match self.piece(at, now.written).await {
                    Ok(piece) => Fed::Piece(piece),
                    Err(cause) => {
                        tracing::error!(%cause, "a spooled answer can not be read");
                        return;
                    }
                }
            } else if now.end == Some(End::Whole) {
                Fed::Whole
            } else {
                return;
            };
            let mut earned = Duration::ZERO;
            if let Fed::Piece(piece) = &fed {
                let length = piece.len() as u64;
                at += length;
                earned = Duration::from_millis(length * 1_000 / LEAST);
            }
            let sent = if now.end.is_some() {
                let ready = Instant::now();
                let over = *over.get_or_insert(ready + LONGEST);
                let until = over.min(ready + patience);
                let sent = tokio::time::timeout_at(until, to.send(fed)).await.is_ok_and(|sent| sent.is_ok());
                patience = (patience.saturating_sub(ready.elapsed()) + earned).min(stall);
                sent
            } else {
                // Whoever still sends may read later.
                to.send(fed).await.is_ok()
            };
            if !sent {
                return;
            }
        }
    }

    async fn piece(&self, at: u64, written: u64) -> io::Result<Bytes> {
        let shared = Arc::clone(&self.0);
        let length = usize::try_from(written - at).unwrap_or(PIECE).min(PIECE);
        let read = spawn_blocking(move || {
            let mut piece = vec![0; length];
            shared.file.read_exact_at(&mut piece, at).map(|()| Bytes::from(piece))
        });
        read.await.map_err(io::Error::other)?
    }
}

enum Fed {
    Piece(Bytes),
    Whole,
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use futures_util::StreamExt as _;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);
    const ONE: Uuid = Uuid::from_u128(1);

    fn made(most: u64) -> (Arc<Quota>, Writer, Reader) {
        let quota = Quota::new(most * PART);
        let (writer, reader) = spool(&std::env::temp_dir(), &quota, ONE).unwrap();
        (quota, writer, reader)
    }

    #[tokio::test]
    async fn what_is_written_is_read_while_it_is_written_and_after() {
        let (quota, mut writer, reader) = made(1 << 30);
        let mut body = reader.into_body(LONG).into_data_stream();
        writer.write_all(b"one\n").unwrap();
        writer.flush().unwrap();
        assert_eq!(body.next().await.unwrap().unwrap(), &b"one\n"[..]);
        let long = vec![7; 3 * PIECE + 1];
        writer.write_all(&long).unwrap();
        assert_eq!(writer.length(), 4 + long.len() as u64);
        writer.finish().unwrap();
        let mut rest = Vec::new();
        while let Some(piece) = body.next().await {
            rest.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(rest, long);
        drop(body);
        while quota.held() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn an_answer_that_broke_off_does_not_look_whole() {
        let (_, mut writer, reader) = made(1 << 20);
        writer.write_all(b"half").unwrap();
        writer.flush().unwrap();
        drop(writer);
        assert!(to_bytes(reader.into_body(LONG), 100).await.is_err());
    }

    #[tokio::test]
    async fn the_writer_learns_that_nobody_reads() {
        let (_, mut writer, reader) = made(1 << 20);
        let body = reader.into_body(LONG);
        assert!(!writer.is_abandoned());
        drop(body);
        while !writer.is_abandoned() {
            tokio::task::yield_now().await;
        }
        writer.write_all(b"still no fault").unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stops_loses_the_rest() {
        let (quota, mut writer, reader) = made(1 << 20);
        writer.write_all(&vec![1; 5 * PIECE]).unwrap();
        writer.finish().unwrap();
        let body = reader.into_body(Duration::from_secs(60));
        // The clock stands still until nothing else can happen: then the time is over.
        while quota.held() > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(to_bytes(body, usize::MAX).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_always_a_little_too_slow_loses_the_rest_too() {
        let stall = Duration::from_secs(60);
        for (pause, whole) in [(2, true), (10, false)] {
            let (quota, mut writer, reader) = made(1 << 30);
            writer.write_all(&vec![1; 100 * PIECE]).unwrap();
            writer.finish().unwrap();
            let mut body = reader.into_body(stall).into_data_stream();
            let mut taken = 0;
            let ended = loop {
                match body.next().await {
                    Some(Ok(piece)) => taken += piece.len(),
                    Some(Err(_)) => break false,
                    None => break true,
                }
                tokio::time::sleep(Duration::from_secs(pause)).await;
            };
            assert_eq!((ended, taken == 100 * PIECE), (whole, whole), "after {taken} bytes");
            drop(body);
            while quota.held() > 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_just_keeps_the_pace_has_two_hours() {
        let (quota, mut writer, reader) = made(1 << 30);
        let length = 4_000 * PIECE;
        writer.write_all(&vec![1; length]).unwrap();
        writer.finish().unwrap();
        let mut body = reader.into_body(Duration::from_secs(60)).into_data_stream();
        let begun = Instant::now();
        let mut taken = 0;
        while let Some(Ok(piece)) = body.next().await {
            taken += piece.len();
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        // 64 KiB every other second: a little more than half an hour were left.
        assert!(begun.elapsed() >= LONGEST && begun.elapsed() < LONGEST + Duration::from_secs(10));
        assert!((taken / PIECE).abs_diff(3_600) <= 3, "{} pieces; some wait on the way", taken / PIECE);
        drop(body);
        while quota.held() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn a_quota_is_shared_and_given_back() {
        let quota = Quota::new(4 * PIECE as u64);
        let of = |account| spool(&std::env::temp_dir(), &quota, account).unwrap();
        let ((mut writer, reader), (mut again, _)) = (of(ONE), of(ONE));
        writer.write_all(&vec![1; PIECE]).unwrap();
        again.write_all(b"x").unwrap();
        assert_eq!(
            again.flush().unwrap_err().kind(),
            io::ErrorKind::QuotaExceeded,
            "its account has its part"
        );
        let others: Vec<_> = (2..=4).map(|other| of(Uuid::from_u128(other))).collect();
        for (mut other, _) in others {
            other.write_all(&vec![1; PIECE - 1]).unwrap();
            other.flush().unwrap();
        }
        drop((writer, reader));
        again.flush().unwrap();
        assert_eq!(quota.held(), 1);
    }

    #[test]
    fn no_more_is_held_than_all_may() {
        let quota = Quota::new(4);
        let held: Vec<_> = (1..=4)
            .map(|account| {
                let (mut writer, reader) =
                    spool(&std::env::temp_dir(), &quota, Uuid::from_u128(account)).unwrap();
                writer.write_all(b"x").unwrap();
                writer.flush().unwrap();
                (writer, reader)
            })
            .collect();
        let (mut writer, _reader) = spool(&std::env::temp_dir(), &quota, Uuid::from_u128(5)).unwrap();
        writer.write_all(b"x").unwrap();
        assert_eq!(writer.flush().unwrap_err().kind(), io::ErrorKind::QuotaExceeded);
        drop(held);
        writer.flush().unwrap();
    }
}
