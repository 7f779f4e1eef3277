//! Asking what a command would do. Nothing is appended, sealed or remembered here.

use event_log::StreamName;

use crate::{
    App, AppError, Request, Slice, Viewer, acting,
    execute::{Done, check_revision},
};

/// What a command would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rehearsal {
    /// Events would be appended to this stream.
    Accepted(StreamName),
    /// It is true already.
    Nothing(StreamName),
    /// It was done before.
    Repeated(Done),
}

impl Rehearsal {
    /// The stream of the aggregate that the command is for.
    pub const fn stream(&self) -> &StreamName {
        match self {
            Self::Accepted(stream) | Self::Nothing(stream) => stream,
            Self::Repeated(done) => &done.stream,
        }
    }
}

impl App {
    /// Whether the command would be accepted now, and what it would answer if it was sent before. Nothing is appended.
    pub(crate) async fn rehearse_one<A: Slice>(
        &self,
        viewer: &Viewer,
        request: &Request,
        command: &A::Command,
    ) -> Result<Rehearsal, AppError> {
        viewer.may_command()?;
        if let Some(done) = self.repeated(request.command, &self.content_of::<A>(command))? {
            return Ok(Rehearsal::Repeated(done));
        }
        let stream = StreamName::new(A::CATEGORY, A::stream_id(A::target(command, request.command)))?;
        let (state, revision) = self.load::<A>(&stream).await?;
        state.permission(command).check(viewer, A::creates(command), A::NAME)?;
        check_revision(request, revision)?;
        let mut context = self.context(viewer, request);
        let facts = state.facts(self, command, &context).await?;
        context.actor = acting::actor::<A>(viewer, &state, command, &facts)?;
        state.within_reach(command, &facts, viewer)?;
        let events = state.decide(command, &facts, &context)?;
        Ok(if events.is_empty() { Rehearsal::Nothing(stream) } else { Rehearsal::Accepted(stream) })
    }
}
