//! Telling the sender what became of each line.

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use domain::Reason;
use graphql::Refused;
use serde_json::json;
use tokio::sync::oneshot;

use super::{Verdict, reason, refusal};
use crate::budget::{Budget, INGEST_LINE, Payer, Wait};
use crate::bulk::hex;
use crate::bulk::inflate::Broken;
use crate::bulk::line::refused;
use crate::bulk::outcome::{Outcome, Tally};
use crate::bulk::run::Told;
use crate::bulk::spool::Writer;
use crate::http::problem::Problem;
use crate::http::reasons;

/// Writes outcomes into the answer, which begins with the first.
pub(super) struct Teller {
    writer: Writer,
    dry_run: bool,
    begun: Option<oneshot::Sender<Verdict>>,
    /// An outcome could not be written: what follows must not look whole.
    broken: bool,
    budget: Arc<Budget>,
    payer: Payer,
    /// How long to wait, once the budget did not hold another command. Nothing behind it runs: later lines may build on
    /// earlier ones.
    spent: Option<Wait>,
    admitted: u64,
}

impl Teller {
    pub(super) fn new(
        writer: Writer,
        dry_run: bool,
        begun: oneshot::Sender<Verdict>,
        (budget, payer): (Arc<Budget>, Payer),
    ) -> Self {
        Self { writer, dry_run, begun: Some(begun), broken: false, budget, payer, spent: None, admitted: 0 }
    }

    /// Writes the last line; or refuses the request as a whole, when nothing was told yet.
    pub(super) fn end(mut self, tally: Tally, ended: Result<(), Broken>) {
        if let Some(begun) = self.begun.take() {
            let verdict = ended.map_err(refusal);
            let refused = verdict.is_err();
            // Nobody may wait for it any more.
            let _ = begun.send(verdict);
            if refused {
                return;
            }
        }
        let _ = self.conclude(tally, ended).map_err(unwritten);
    }

    fn wrote(&mut self, written: io::Result<()>) -> ControlFlow<()> {
        let Err(cause) = written else { return ControlFlow::Continue(()) };
        self.broken = true;
        unwritten(cause);
        ControlFlow::Break(())
    }

    fn conclude(mut self, tally: Tally, ended: Result<(), Broken>) -> io::Result<()> {
        if self.broken || self.writer.is_abandoned() {
            return Ok(());
        }
        let mut last = json!({
            "trailer": true,
            "lines": tally.lines,
            "appended": tally.appended,
            "unchanged": tally.unchanged,
            "failed": tally.failed,
            "checked": tally.checked,
            "dryRun": self.dry_run,
            "complete": ended.is_ok(),
        });
        if let Err(broken) = ended {
            let Reason { code, en: message, zh: message_zh } = reason(broken);
            last["code"] = (*code).into();
            last["message"] = (*message).into();
            last["messageZh"] = (*message_zh).into();
        }
        last["sha256"] = hex(&self.writer.digest()).into();
        writeln!(self.writer, "{last}")?;
        self.writer.finish()
    }
}

impl Told for Teller {
    fn admit(&mut self) -> Result<(), Refused> {
        if self.spent.is_none() {
            self.spent = self.budget.charge(self.payer, INGEST_LINE).err();
        }
        match self.spent {
            None => {
                self.admitted += 1;
                Ok(())
            }
            Some(Wait { seconds, .. }) => Err(refused(
                "rate_limited",
                None,
                format!("The budget of this account is spent; send this line again in {seconds} seconds."),
                format!("该账号的配额已用完，请在{seconds}秒后重新发送此行。"),
            )),
        }
    }

    fn tell(&mut self, outcome: &Outcome) -> ControlFlow<()> {
        if let Some(begun) = self.begun.take() {
            // Where nothing at all may run, there is no answer to begin.
            if let Some(wait) = self.spent.filter(|_| self.admitted == 0) {
                let _ = begun.send(Err(too_costly(wait)));
                self.broken = true;
                return ControlFlow::Break(());
            }
            let _ = begun.send(Ok(()));
        }
        let written = serde_json::to_writer(&mut self.writer, outcome)
            .map_err(io::Error::from)
            .and_then(|()| self.writer.write_all(b"\n"));
        self.wrote(written)
    }

    fn pause(&mut self) -> ControlFlow<()> {
        let written = self.writer.flush();
        self.wrote(written)?;
        if self.writer.is_abandoned() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Nothing was done.
fn too_costly(wait: Wait) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, &reasons::SPENT)
        .header(header::RETRY_AFTER, wait.seconds.to_string())
}

/// The answer breaks off: what it does not tell is not acknowledged.
fn unwritten(cause: io::Error) {
    tracing::error!(%cause, "an answer to an upload can not be spooled");
}
