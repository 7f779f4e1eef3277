//! What the decisions about accesses need to remember: nearly nothing. Every access is a new one.

use super::AccessEvent;
use crate::AreaCode;

/// State of the record of one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub records: u64,
    /// Where the subject belonged at the last access.
    pub area: Option<AreaCode>,
}

impl Access {
    pub(super) fn apply(&mut self, event: &AccessEvent) {
        self.records += 1;
        match event {
            AccessEvent::PersonalDataOpened { area, .. } => self.area = *area,
            AccessEvent::PersonalDataSought { .. } | AccessEvent::PersonalDataExported { .. } => {}
        }
    }
}
