//! Putting a stack together: what is added gives a handle, and only a handle gives a reference.

use std::marker::PhantomData;

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::resources::Type;
use super::template::{Condition, Output, Parameter, Resource, Retention, Template};
use super::text::{Text, stack_name};

/// A stack that is being put together.
#[derive(Debug, Default)]
pub struct Stack {
    template: Template,
    tags: IndexMap<String, String>,
}

/// Something that exists in the stack.
#[derive(Debug)]
pub struct Handle<T> {
    id: String,
    kind: PhantomData<T>,
}

/// Two things of one name, or a name that CloudFormation does not take. Both are mistakes in this program.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The name is taken.
    #[error("the stack already has a `{0}`")]
    Duplicate(String),
    /// CloudFormation wants 1 to 255 letters and digits.
    #[error("`{0}` is no logical id: letters and digits only, 255 at most")]
    Name(String),
}

impl<T> Handle<T> {
    /// The logical id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `Ref`: for most types the physical name, for some the ARN or the URL.
    pub fn reference(&self) -> Text {
        Text::reference(&self.id)
    }

    pub(super) fn attribute(&self, name: &str) -> Text {
        Text::attribute(&self.id, name)
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), kind: PhantomData }
    }
}

impl Handle<Condition> {
    /// `Fn::If`: one value where the condition holds, another where it does not.
    pub fn choose(&self, yes: &Text, no: &Text) -> Json {
        json!({ "Fn::If": [self.id, yes, no] })
    }
}

impl Handle<Parameter> {
    /// A condition that holds where the parameter was given a value.
    pub fn is_given(&self) -> Condition {
        Condition(json!({ "Fn::Not": [{ "Fn::Equals": [self.reference(), ""] }] }))
    }
}

impl Stack {
    /// An empty stack. Every resource that takes tags gets these.
    pub fn new(description: &str, tags: IndexMap<String, String>) -> Self {
        let mut template = Template::default();
        description.clone_into(&mut template.description);
        Self { template, tags }
    }

    /// Adds a resource.
    ///
    /// # Panics
    /// Where the id is taken or is not one that CloudFormation takes: a mistake in this program that every run shows.
    pub fn add<T: Type>(&mut self, id: &str, properties: T) -> Handle<T> {
        let mut properties = properties.to_properties();
        if let Some(key) = T::TAGS.filter(|_| !self.tags.is_empty()) {
            properties.insert(key.to_owned(), T::tags(&self.tags));
        }
        let resource = Resource { kind: T::NAME.to_owned(), properties, ..Resource::default() };
        self.claim(id);
        self.template.resources.insert(id.to_owned(), resource);
        Handle { id: id.to_owned(), kind: PhantomData }
    }

    /// Adds a resource that stays, with its data, when the stack goes or when it would be replaced.
    ///
    /// # Panics
    /// As [`Stack::add`].
    pub fn add_retained<T: Type>(&mut self, id: &str, properties: T) -> Handle<T> {
        self.add_with(id, properties, Retention::Retain)
    }

    /// Adds a resource that holds data and goes with the stack all the same. That is CloudFormation's default; the
    /// template says that it is meant.
    ///
    /// # Panics
    /// As [`Stack::add`].
    pub fn add_disposable<T: Type>(&mut self, id: &str, properties: T) -> Handle<T> {
        self.add_with(id, properties, Retention::Delete)
    }

    fn add_with<T: Type>(&mut self, id: &str, properties: T, retention: Retention) -> Handle<T> {
        let handle = self.add(id, properties);
        let resource = &mut self.template.resources[id];
        resource.deletion_policy = Some(retention);
        resource.update_replace_policy = Some(retention);
        handle
    }

    /// Says that one resource can be made only after another, where no reference says so.
    pub fn depends<T, U>(&mut self, dependent: &Handle<T>, on: &Handle<U>) {
        self.template.resources[dependent.id()].depends_on.push(on.id.clone());
    }

    /// Adds a parameter.
    ///
    /// # Panics
    /// As [`Stack::add`].
    pub fn parameter(&mut self, id: &str, parameter: Parameter) -> Handle<Parameter> {
        self.claim(id);
        self.template.parameters.insert(id.to_owned(), parameter);
        Handle { id: id.to_owned(), kind: PhantomData }
    }

    /// Adds a condition.
    ///
    /// # Panics
    /// As [`Stack::add`].
    pub fn condition(&mut self, id: &str, condition: Condition) -> Handle<Condition> {
        self.claim(id);
        self.template.conditions.insert(id.to_owned(), condition);
        Handle { id: id.to_owned(), kind: PhantomData }
    }

    /// Adds an output, exported as `<stack name>-<id>` for other stacks to import.
    pub fn export(&mut self, id: &str, description: &str, value: impl Into<Text>) {
        let output = Output {
            description: description.to_owned(),
            value: value.into(),
            export: Some(Text::concat([stack_name(), "-".into(), id.into()])),
        };
        self.template.outputs.insert(id.to_owned(), output);
    }

    /// The finished template.
    pub fn finish(self) -> Template {
        self.template
    }

    fn claim(&self, id: &str) {
        if let Err(error) = self.check_id(id) {
            panic!("{error}");
        }
    }

    fn check_id(&self, id: &str) -> Result<(), StackError> {
        let named = !id.is_empty() && id.len() <= 255 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !named {
            return Err(StackError::Name(id.to_owned()));
        }
        let template = &self.template;
        let taken = template.resources.contains_key(id) || template.parameters.contains_key(id);
        if taken { Err(StackError::Duplicate(id.to_owned())) } else { Ok(()) }
    }
}
