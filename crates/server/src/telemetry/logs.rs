//! Logs go to standard error: lines for people on a terminal, JSON for machines. `WARDLOG_LOG_FILTER` says what is told, as a
//! filter of tracing-subscriber: `warn,server=info,server::request=off`.

use std::{any::Any, io::IsTerminal as _, panic};

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::cli::Failure;

/// What the command line says about logs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logs {
    pub json: bool,
    /// How often `-v` was said.
    pub verbose: u8,
}

impl Logs {
    /// Starts them, with another layer beside them; in a process that has them already nothing happens.
    pub(super) fn start<L>(self, other: Option<L>) -> Result<(), Failure>
    where
        L: Layer<Registry> + Send + Sync + 'static,
    {
        let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
        let filter = self.filter()?;
        let lines: Box<dyn Layer<_> + Send + Sync> = if self.json {
            // The spans around a line carry the correlation id.
            lines.json().with_current_span(false).with_span_list(true).with_filter(filter).boxed()
        } else {
            lines.with_filter(filter).boxed()
        };
        if tracing_subscriber::registry().with(other).with(lines).try_init().is_ok() {
            panic::set_hook(Box::new(told));
        }
        Ok(())
    }

    fn filter(self) -> Result<EnvFilter, Failure> {
        let level = match self.verbose {
            0 => "warn,server=info",
            1 => "info",
            _ => "debug",
        };
        match std::env::var("WARDLOG_LOG_FILTER") {
            Ok(text) if !text.trim().is_empty() => {
                EnvFilter::try_new(text).map_err(|cause| Failure::new(format!("WARDLOG_LOG_FILTER: {cause}")))
            }
            _ => Ok(EnvFilter::new(level)),
        }
    }
}

/// Where it panicked, never with which words: they may quote what a person said. The spans around it tell the request.
fn told(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let kind = kind(info.payload());
    let thread = std::thread::current().name().unwrap_or_default().to_owned();
    tracing::error!(place, kind, thread, "panicked");
}

fn kind(payload: &(dyn Any + Send)) -> &'static str {
    if payload.is::<&'static str>() {
        "a fixed sentence"
    } else if payload.is::<String>() {
        "a sentence with values"
    } else {
        "a value"
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_told_with_its_place_and_its_request_and_without_its_words() {
        let written = Written::default();
        let writer = written.clone();
        let lines = fmt::layer().json().with_span_list(true).with_writer(move || writer.clone());
        let before = panic::take_hook();
        panic::set_hook(Box::new(told));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let span = tracing::error_span!("request", correlation_id = "an id");
            let name = "欧阳";
            let work = panic::AssertUnwindSafe(|| span.in_scope(|| panic!("nobody is called {name}")));
            let outcome = panic::catch_unwind(work);
            assert!(outcome.is_err());
        });
        panic::set_hook(before);
        let line = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(line.contains("telemetry/logs.rs:") && line.contains("a sentence with values"), "{line}");
        assert!(line.contains("an id") && !line.contains("欧阳") && !line.contains("nobody"), "{line}");
    }
}
