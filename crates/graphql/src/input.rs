//! A command as an input: its own fields beside the three that every command has.

use std::borrow::Cow;

use app::Request;
use async_graphql::{
    ID, InputObjectType, InputType, InputValueError, InputValueResult, Value,
    registry::{MetaInputValue, MetaType, MetaTypeId, Registry},
};
use domain::{CommandId, When};

const COMMAND_ID: &str = "commandId";
const OCCURRED_AT: &str = "occurredAt";
const EXPECTED_REVISION: &str = "expectedRevision";

/// The input of the mutation of a command `T`; its name is that of the command with `Input` behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandInput<T> {
    pub command: CommandId,
    pub occurred_at: Option<When>,
    pub expected_revision: Option<u64>,
    pub body: T,
}

impl<T> CommandInput<T> {
    /// The envelope of the command.
    pub(crate) fn request(&self) -> Request {
        Request {
            occurred_at: self.occurred_at,
            expected_revision: self.expected_revision,
            ..Request::new(self.command)
        }
    }
}

impl<T: InputObjectType> InputType for CommandInput<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Input", T::type_name()))
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::InputObject, |registry| {
            // The bare type is used nowhere else, so the schema drops it.
            let mut made = registry.create_fake_input_type::<T>();
            if let MetaType::InputObject { name, input_fields, rust_typename, .. } = &mut made {
                *name = Self::type_name().into_owned();
                *rust_typename = Some(std::any::type_name::<Self>());
                for field in envelope(registry) {
                    input_fields.insert(field.name.clone(), field);
                }
            }
            made
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let Some(Value::Object(fields)) = &value else {
            return Err(InputValueError::expected_type(value.unwrap_or_default()));
        };
        let Some(command) = fields.get(COMMAND_ID).filter(|given| **given != Value::Null) else {
            return Err(InputValueError::custom(
                "every command needs a commandId, a UUID chosen by its sender",
            ));
        };
        let command = CommandId::parse(Some(command.clone())).map_err(InputValueError::propagate)?;
        let occurred_at =
            InputType::parse(fields.get(OCCURRED_AT).cloned()).map_err(InputValueError::propagate)?;
        let expected_revision =
            InputType::parse(fields.get(EXPECTED_REVISION).cloned()).map_err(InputValueError::propagate)?;
        let body = T::parse(value).map_err(InputValueError::propagate)?;
        Ok(Self { command, occurred_at, expected_revision, body })
    }

    fn to_value(&self) -> Value {
        let mut value = self.body.to_value();
        if let Value::Object(fields) = &mut value {
            fields.insert(async_graphql::Name::new(COMMAND_ID), self.command.to_value());
            fields.insert(async_graphql::Name::new(OCCURRED_AT), self.occurred_at.to_value());
            fields.insert(async_graphql::Name::new(EXPECTED_REVISION), self.expected_revision.to_value());
        }
        value
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<T: InputObjectType> InputObjectType for CommandInput<T> {}

fn envelope(registry: &mut Registry) -> [MetaInputValue; 3] {
    [
        described(
            COMMAND_ID,
            <ID as InputType>::create_type_info(registry),
            "A UUID (RFC 9562) chosen by the sender: the same command sent again gets its first outcome.",
        ),
        described(
            OCCURRED_AT,
            <Option<When> as InputType>::create_type_info(registry),
            "When it happened, by the clock of the sender or the device. Left out: now.",
        ),
        described(
            EXPECTED_REVISION,
            <Option<u64> as InputType>::create_type_info(registry),
            "The revision that the sender has read; refused as stale when it is another. Left out: whatever it is at.",
        ),
    ]
}

pub(crate) fn described(name: &str, ty: String, description: &str) -> MetaInputValue {
    MetaInputValue {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        ty,
        deprecation: Default::default(),
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}
