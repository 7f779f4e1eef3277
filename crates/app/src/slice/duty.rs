use domain::{
    Context,
    duty::{Duty, DutyCommand, Facts},
};
use futures_util::future::{BoxFuture, FutureExt as _, ready};

use super::Slice;
use crate::{App, AppError, Permission};

impl Slice for Duty {
    const NAME: &'static str = "person";

    fn creates(_: &DutyCommand) -> bool {
        true
    }

    /// Steps of sagas: the command that begins the saga has been authorized.
    fn permission(&self, _: &DutyCommand) -> Permission {
        Permission::platform()
    }

    fn facts<'a>(
        &'a self,
        _: &'a App,
        _: &'a DutyCommand,
        _: &'a Context,
    ) -> BoxFuture<'a, Result<Facts, AppError>> {
        ready(Ok(Facts::default())).boxed()
    }
}
