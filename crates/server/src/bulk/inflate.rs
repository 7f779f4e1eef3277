//! Content codings, undone within bounds: a small body must not become a large one, nor a large memory.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder, errors};

/// How a body is coded (RFC 9110, 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    /// From the value of `Content-Encoding`; nothing when it is not one of ours, or several.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It has more bytes than it may have.
    TooLarge,
    /// It grows more than anything sensible does.
    Bomb,
    /// It is not coded as it says.
    Coding,
    /// The sender hung up.
    Cut,
    TooSlow,
    /// A batch that is not an array.
    NoArray,
    TooManyLines,
    /// The server is stopping.
    Stopping,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Broken {}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        Self::other(broken)
    }
}

/// Why reading failed, when it was for a reason of ours.
pub(crate) fn why(cause: &io::Error) -> Option<Broken> {
    cause.get_ref()?.downcast_ref().copied()
}

/// How much may be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes as they are sent.
    pub coded: u64,
    /// Bytes once they are decoded.
    pub decoded: u64,
}

/// Decoded bytes for each coded one. NDJSON of one kind of command grows by 10 to 60.
const GROWTH: u64 = 200;
/// Before this many decoded bytes the growth is not looked at.
const SMALL: u64 = 1 << 20;
/// Largest window of a frame: what RFC 9659 allows for this content coding.
const WINDOW: u64 = 8 << 20;
const BUFFER: usize = 16 * 1024;

/// Reads what `source` sends, decoded. Its errors are [`Broken`].
pub(crate) fn reader(
    coding: Coding,
    source: impl Read + Send + 'static,
    bounds: Bounds,
) -> impl BufRead + Send {
    let seen = Arc::new(Seen::default());
    let source = Source { source, seen: Arc::clone(&seen), most: bounds.coded };
    let decoder: Box<dyn Read + Send> = match coding {
        Coding::Identity => Box::new(source),
        Coding::Gzip => Box::new(MultiGzDecoder::new(source)),
        Coding::Zstd => Box::new(Zstd::new(source)),
    };
    let bounded =
        Bounded { decoder, seen, decoded: 0, most: bounds.decoded, grows: coding != Coding::Identity };
    BufReader::with_capacity(BUFFER, bounded)
}

/// What the source has seen: decoders hide the errors of what they read from.
#[derive(Debug, Default)]
struct Seen {
    coded: AtomicU64,
    broken: Mutex<Option<Broken>>,
}

struct Source<R> {
    source: R,
    seen: Arc<Seen>,
    most: u64,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer).map_err(|cause| why(&cause).unwrap_or(Broken::Cut));
        let outcome = read.and_then(|read| {
            let before = self.seen.coded.fetch_add(read as u64, Ordering::Relaxed);
            if before + read as u64 > self.most { Err(Broken::TooLarge) } else { Ok(read) }
        });
        outcome.map_err(|broken| {
            *self.seen.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(broken);
            broken.into()
        })
    }
}

struct Bounded<R> {
    decoder: R,
    seen: Arc<Seen>,
    decoded: u64,
    most: u64,
    grows: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer).map_err(|_| {
            self.seen.broken.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(Broken::Coding)
        })?;
        self.decoded += read as u64;
        if self.decoded > self.most {
            return Err(Broken::TooLarge.into());
        }
        let fair = self.seen.coded.load(Ordering::Relaxed).saturating_mul(GROWTH).max(SMALL);
        if self.grows && self.decoded > fair {
            return Err(Broken::Bomb.into());
        }
        Ok(read)
    }
}

/// Zstandard frames, one behind the other (RFC 8878, 3.1); memory is one window and one block.
struct Zstd<R> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: Read> Zstd<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { source: BufReader::with_capacity(BUFFER, source), decoder, within: false }
    }

    /// Begins the next frame; `false` when there is none.
    fn begin(&mut self) -> io::Result<bool> {
        use errors::{FrameDecoderError, ReadFrameHeaderError};
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(u64::from(length))?,
                Err(_) => return Err(Broken::Coding.into()),
            }
        }
        Ok(false)
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
        if skipped == length { Ok(()) } else { Err(Broken::Coding.into()) }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.within {
                if !self.begin()? {
                    return Ok(0);
                }
                self.within = true;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            if self.decoder.is_finished() {
                let told = self.decoder.get_checksum_from_data();
                if told.is_some() && told != self.decoder.get_calculated_checksum() {
                    return Err(Broken::Coding.into());
                }
                self.within = false;
                continue;
            }
            self.decoder
                .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                .map_err(|_| Broken::Coding)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    const BOUNDS: Bounds = Bounds { coded: 4 << 20, decoded: 32 << 20 };

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn read(coding: Coding, coded: Vec<u8>, bounds: Bounds) -> Result<Vec<u8>, Broken> {
        let mut text = Vec::new();
        let outcome = reader(coding, Cursor::new(coded), bounds).read_to_end(&mut text);
        outcome.map(|_| text).map_err(|cause| why(&cause).expect("an error of ours"))
    }

    fn lines(count: u32) -> Vec<u8> {
        (0..count)
            .flat_map(|n| {
                format!("{{\"line\":{n},\"x\":\"{}\"}}\n", n.wrapping_mul(2_654_435_761)).into_bytes()
            })
            .collect()
    }

    #[test]
    fn what_was_coded_comes_back_also_in_pieces() {
        let (one, two) = (lines(20_000), lines(3));
        let both = [one.clone(), two.clone()].concat();
        assert_eq!(read(Coding::Identity, both.clone(), BOUNDS).unwrap(), both);
        assert_eq!(read(Coding::Gzip, [gzip(&one), gzip(&two)].concat(), BOUNDS).unwrap(), both);
        let skippable = [&0x184D_2A53_u32.to_le_bytes()[..], &3_u32.to_le_bytes(), b"abc"].concat();
        let frames = [skippable.clone(), zstd(&one), skippable, zstd(&two)].concat();
        assert_eq!(read(Coding::Zstd, frames, BOUNDS).unwrap(), both);
        for coding in [Coding::Identity, Coding::Zstd] {
            assert_eq!(read(coding, vec![], BOUNDS).unwrap(), b"");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_has_grown() {
        let zeros = vec![0; 24 << 20];
        assert_eq!(read(Coding::Gzip, gzip(&zeros), BOUNDS), Err(Broken::Bomb));
        assert_eq!(read(Coding::Zstd, zstd(&zeros), BOUNDS), Err(Broken::Bomb));
        // Small ones may grow as they like.
        assert_eq!(read(Coding::Gzip, gzip(&zeros[..1 << 20]), BOUNDS).unwrap().len(), 1 << 20);
    }

    #[test]
    fn no_body_is_longer_than_it_may_be() {
        let small = Bounds { coded: 1_000, decoded: 2_000 };
        let text = lines(40);
        assert!(text.len() > 1_000);
        assert_eq!(read(Coding::Identity, text.clone(), small), Err(Broken::TooLarge));
        let long = Bounds { coded: 1_000_000, decoded: 500 };
        for (coding, coded) in [(Coding::Gzip, gzip(&text)), (Coding::Zstd, zstd(&text))] {
            assert_eq!(read(coding, coded, long), Err(Broken::TooLarge), "{coding:?}");
        }
    }

    #[test]
    fn a_window_that_needs_much_memory_is_refused() {
        // A frame header without content size whose window is 1 GiB: exponent 20, mantissa 0 (RFC 8878, 3.1.1.1.2).
        let frame = [&0xFD2F_B528_u32.to_le_bytes()[..], &[0x00, 20 << 3, 1, 0, 0]].concat();
        assert_eq!(read(Coding::Zstd, frame, BOUNDS), Err(Broken::Coding));
    }

    #[test]
    fn what_is_cut_or_changed_is_no_body() {
        let text = lines(50);
        for (coding, coded) in [(Coding::Gzip, gzip(&text)), (Coding::Zstd, zstd(&text))] {
            for end in 1..coded.len() {
                assert_eq!(
                    read(coding, coded[..end].to_vec(), BOUNDS),
                    Err(Broken::Coding),
                    "{coding:?} {end}"
                );
            }
            assert_eq!(read(coding, text.clone(), BOUNDS), Err(Broken::Coding));
        }
    }

    struct Failing(Broken);

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
    }

    #[test]
    fn the_reason_of_the_source_is_told() {
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let mut reader = reader(coding, Failing(Broken::TooSlow), BOUNDS);
            assert_eq!(why(&reader.read(&mut [0; 8]).unwrap_err()), Some(Broken::TooSlow), "{coding:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(
            mut coded in proptest::collection::vec(any::<u8>(), 0..400), at in any::<prop::sample::Index>(), byte: u8,
        ) {
            let small = Bounds { coded: 1 << 20, decoded: 1 << 20 };
            let _ = read(Coding::Gzip, coded.clone(), small);
            let _ = read(Coding::Zstd, coded.clone(), small);
            // The same with one byte changed behind a good begin.
            for (coding, good) in [(Coding::Gzip, gzip(&coded)), (Coding::Zstd, zstd(&coded))] {
                let mut changed = good;
                let at = at.index(changed.len());
                changed[at] = byte;
                let _ = read(coding, changed, small);
            }
            coded.splice(0..0, 0xFD2F_B528_u32.to_le_bytes());
            let _ = read(Coding::Zstd, coded, small);
        }
    }
}
