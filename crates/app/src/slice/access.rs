use domain::{
    Aggregate as _, Context, PersonId,
    access::{Access, AccessCommand, Facts, PersonalSubject, WINDOW_SECONDS},
    incident::Incident,
    person::{Person, Phase},
};
use futures_util::future::{BoxFuture, FutureExt as _};

use super::Slice;
use crate::{App, AppError, Permission};

impl Slice for Access {
    const NAME: &'static str = "access";

    fn creates(_: &AccessCommand) -> bool {
        true
    }

    /// Steps of a request to open: the request has been authorized over the subject itself.
    fn permission(&self, _: &AccessCommand) -> Permission {
        Permission::platform()
    }

    fn facts<'a>(
        &'a self,
        app: &'a App,
        command: &'a AccessCommand,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        async move {
            let since = context.recorded_at.as_second() - WINDOW_SECONDS;
            let account = context.actor.id;
            let mut facts = Facts {
                opened: app.views.read_now(|views| views.accesses_since(account, since))?,
                limit: app.config.reveals_per_hour,
                ..Facts::default()
            };
            if let AccessCommand::Open(body) = command {
                match body.subject {
                    PersonalSubject::Person(id) => of_person(app, id, &mut facts).await?,
                    PersonalSubject::Incident(id) => {
                        facts.area = app.state_of::<Incident>(id).await?.area();
                    }
                }
            }
            Ok(facts)
        }
        .boxed()
    }
}

async fn of_person(app: &App, id: PersonId, facts: &mut Facts) -> Result<(), AppError> {
    let person = app.state_of::<Person>(id).await?;
    facts.area = person.area();
    facts.erased = person.phase == Phase::Erased;
    Ok(())
}
