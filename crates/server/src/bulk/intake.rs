//! From bytes to commands: on a thread of its own, because decoders and parsers block and cost time.

use std::{
    io::{BufRead, Read},
    sync::Arc,
};

use app::{App, Viewer};
use axum::body::Bytes;
use graphql::{Prepared, Refused, prepare_command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{
    elements::{self, Elements},
    event,
    inflate::{Broken, why},
    line,
    lines::{Lines, Piece},
};

/// What a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Commands, one a line.
    Lines,
    /// One array of CloudEvents.
    Events,
    /// One CloudEvent.
    Event,
}

/// One command that came, or why it is none.
#[derive(Debug)]
pub(crate) struct Came {
    pub line: u64,
    pub command: Result<Prepared, Refused>,
    /// Its room in memory, given back once its outcome is told.
    pub room: Option<OwnedSemaphorePermit>,
}

/// How commands are taken in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes of one command.
    pub longest: usize,
    /// Most commands.
    pub most: u64,
}

/// Bytes of commands that are in memory at once, as they were sent; not less than the longest command.
const ROOM: usize = 2 << 20;
/// Commands read ahead of those that run.
const AHEAD: usize = 64;

/// Where commands arrive.
pub(crate) type Arriving = mpsc::Receiver<Came>;

/// Reads commands until the source ends.
pub(crate) struct Intake {
    app: Arc<App>,
    viewer: Arc<Viewer>,
    bounds: Bounds,
    taken: u64,
    to: mpsc::Sender<Came>,
    room: Arc<Semaphore>,
    runtime: tokio::runtime::Handle,
}

/// Nobody takes commands any more.
struct Closed;

impl Intake {
    /// Must be called within a tokio runtime.
    pub fn new(app: Arc<App>, viewer: Arc<Viewer>, bounds: Bounds) -> (Self, Arriving) {
        let (to, arriving) = mpsc::channel(AHEAD);
        let room = Arc::new(Semaphore::new(ROOM.max(bounds.longest)));
        let runtime = tokio::runtime::Handle::current();
        (Self { app, viewer, bounds, taken: 0, to, room, runtime }, arriving)
    }

    /// Reads to the end; blocking. Tells why it ended before that, when it did.
    pub fn read(mut self, form: Form, source: impl BufRead) -> Result<(), Broken> {
        match form {
            Form::Lines => self.lines(source),
            Form::Events => self.events(source),
            Form::Event => self.event(source),
        }
    }

    fn lines(&mut self, source: impl BufRead) -> Result<(), Broken> {
        let mut lines = Lines::new(source, self.bounds.longest);
        loop {
            let next = lines.next().map_err(|cause| why(&cause).unwrap_or(Broken::Cut))?;
            let Some((number, piece)) = next else { return Ok(()) };
            let (command, bytes) = match piece {
                Piece::Text(text) => (read_line(text), text.len()),
                Piece::TooLong => (Err(line::too_long(self.bounds.longest)), self.bounds.longest),
            };
            if self.give(number, command, bytes)?.is_err() {
                return Ok(());
            }
        }
    }

    fn events(&mut self, source: impl BufRead) -> Result<(), Broken> {
        let mut elements = Elements::new(source, self.bounds.longest);
        loop {
            let next = elements.next().map_err(|broken| match broken {
                elements::Broken::Read(cause) => why(&cause).unwrap_or(Broken::Cut),
                elements::Broken::NoArray => Broken::NoArray,
            })?;
            let Some((number, piece)) = next else { return Ok(()) };
            let (command, bytes) = match piece {
                Piece::Text(text) => (self.read_event(text), text.len()),
                Piece::TooLong => (Err(line::too_long(self.bounds.longest)), self.bounds.longest),
            };
            if self.give(number, command, bytes)?.is_err() {
                return Ok(());
            }
        }
    }

    fn event(&mut self, source: impl BufRead) -> Result<(), Broken> {
        let mut text = Vec::new();
        let longest = self.bounds.longest;
        let mut source = source.take(longest as u64 + 1);
        source.read_to_end(&mut text).map_err(|cause| why(&cause).unwrap_or(Broken::Cut))?;
        let command =
            if text.len() > longest { Err(line::too_long(longest)) } else { self.read_event(&text) };
        let bytes = text.len();
        self.give(1, command, bytes).map(drop)
    }

    fn read_event(&self, text: &[u8]) -> Result<Prepared, Refused> {
        let mut event = event::read(text)?;
        let id = self.app.command_of_event(&self.viewer, &event.source, &event.id);
        event.input.insert("commandId".into(), id.0.to_string().into());
        prepare_command(&event.command, event.input.into())
    }

    /// Waits until there is room.
    fn give(
        &mut self,
        line: u64,
        command: Result<Prepared, Refused>,
        bytes: usize,
    ) -> Result<Result<(), Closed>, Broken> {
        if self.taken == self.bounds.most {
            return Err(Broken::TooManyLines);
        }
        self.taken += 1;
        let room = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = self.runtime.block_on(Arc::clone(&self.room).acquire_many_owned(room)).ok();
        let came = Came { line, command, room };
        Ok(self.to.blocking_send(came).map_err(|_| Closed))
    }
}

fn read_line(text: &[u8]) -> Result<Prepared, Refused> {
    let (command, input) = line::read(text)?;
    prepare_command(&command, input)
}

/// A piece of a body; nothing is its end.
pub(crate) type Chunk = Result<Option<Bytes>, Broken>;

/// Chunks that arrive, as a source for a thread that may block. Where they stop without having ended, the body is cut.
pub(crate) struct Chunks {
    from: mpsc::Receiver<Chunk>,
    chunk: Bytes,
    ended: bool,
}

impl Chunks {
    /// As many chunks as `ahead` wait to be read.
    pub fn new(ahead: usize) -> (mpsc::Sender<Chunk>, Self) {
        let (to, from) = mpsc::channel(ahead);
        (to, Self { from, chunk: Bytes::new(), ended: false })
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.chunk.is_empty() && !self.ended {
            match self.from.blocking_recv().unwrap_or(Err(Broken::Cut))? {
                Some(chunk) => self.chunk = chunk,
                None => self.ended = true,
            }
        }
        let count = self.chunk.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.chunk.split_to(count));
        Ok(count)
    }
}
