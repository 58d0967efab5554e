//! Where objects live, and what a rendering may still use.

use super::{
    Chain, Class, Entries, JMap, ListKind, MapKind, Member, Object, ObjectId, Outcome, Store, Value, ViewKind,
};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::string::{JStr, JString, Out};

/// All objects of one rendering, and what it may still use.
pub(crate) struct Heap<'r> {
    pub(super) objects: Vec<Object<'r>>,
    /// The members of all objects of JSON that were read.
    pub(crate) members: Vec<Member<'r>>,
    pub(crate) limits: &'r Limits,
    /// Where what is made stays.
    pub(crate) store: &'r Store,
    steps: usize,
    memory: usize,
    depth: usize,
}

impl<'r> Heap<'r> {
    pub(crate) fn new(limits: &'r Limits, store: &'r Store) -> Self {
        Heap {
            objects: Vec::new(),
            members: Vec::new(),
            limits,
            store,
            steps: limits.steps,
            memory: limits.memory_bytes,
            depth: 0,
        }
    }

    /// Counts work; an error once the limit is used up.
    #[inline]
    pub(crate) fn step(&mut self, count: usize) -> Outcome<()> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => self.too_many_steps(),
        }
    }

    #[cold]
    fn too_many_steps(&self) -> Outcome<()> {
        Err(ErrorKind::Limit(format!("the rendering takes more than {} steps", self.limits.steps)).into())
    }

    /// Counts memory.
    #[inline]
    pub(crate) fn charge(&mut self, bytes: usize) -> Outcome<()> {
        match self.memory.checked_sub(bytes) {
            Some(left) => {
                self.memory = left;
                Ok(())
            }
            None => self.too_much_memory(),
        }
    }

    #[cold]
    fn too_much_memory(&self) -> Outcome<()> {
        let limit = self.limits.memory_bytes;
        Err(ErrorKind::Limit(format!("the rendering makes more than {limit} bytes of values")).into())
    }

    pub(crate) fn enter(&mut self) -> Outcome<()> {
        if self.depth >= self.limits.value_depth {
            return Err(
                ErrorKind::Limit(format!("values are nested more than {} deep", self.limits.value_depth)).into()
            );
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.enter()?;
        let result = f(self);
        self.leave();
        result
    }

    #[inline]
    pub(crate) fn add(&mut self, object: Object<'r>) -> Outcome<Value<'r>> {
        self.place(object).map(Value::Object)
    }

    /// As [`Heap::add`], when it is the number that is asked for.
    pub(crate) fn place(&mut self, object: Object<'r>) -> Outcome<ObjectId> {
        let id = self.next_id(0)?;
        self.objects.push(object);
        Ok(id)
    }

    /// The number of the object that comes next, which counts as memory beside what is in it.
    #[inline]
    fn next_id(&mut self, bytes: usize) -> Outcome<ObjectId> {
        self.charge(96 + bytes)?;
        match ObjectId::try_from(self.objects.len()) {
            Ok(id) => Ok(id),
            Err(_) => Err(ErrorKind::Limit("too many objects".to_owned()).into()),
        }
    }

    /// The map of an object of JSON that has been read, whose members take so many bytes.
    #[inline]
    pub(crate) fn map_of(&mut self, chain: Chain, bytes: usize) -> Outcome<ObjectId> {
        let id = self.next_id(bytes)?;
        // Made only when there is room for it: made before, it would wait in memory for that, and be copied from there.
        self.objects.resize_with(id as usize + 1, || Object::Read(chain));
        Ok(id)
    }

    /// As [`Heap::map_of`], of an object with so many members that they need an index.
    pub(crate) fn large_map_of(&mut self, entries: Box<Entries<'r>>) -> Outcome<ObjectId> {
        let changes = entries.len() as u32;
        self.place(Object::Map(JMap { kind: MapKind::Linked, entries, changes }))
    }

    /// Takes room for what a text of JSON of so many bytes will probably need; a large one's grows as it is read.
    pub(crate) fn expect_json(&mut self, bytes: usize) -> Outcome<()> {
        // No member is shorter than its colon.
        if self.members.len().saturating_add(bytes) >= Chain::MOST {
            return Err(ErrorKind::Limit("too many members of objects".to_owned()).into());
        }
        self.objects.reserve((bytes / 16).min(4096));
        self.members.reserve((bytes / 12).min(4096));
        Ok(())
    }

    /// Whether it is a map as JSON and `{}` make it, and not one of json-smart's.
    pub(crate) fn is_linked_map(&self, id: ObjectId) -> bool {
        matches!(self.get(id), Object::Read(_) | Object::Map(JMap { kind: MapKind::Linked, .. }))
    }

    #[inline]
    pub(crate) fn get(&self, id: ObjectId) -> &Object<'r> {
        &self.objects[id as usize]
    }

    pub(crate) fn get_mut(&mut self, id: ObjectId) -> &mut Object<'r> {
        &mut self.objects[id as usize]
    }

    pub(crate) fn list(&mut self, kind: ListKind, items: Vec<Value<'r>>) -> Outcome<Value<'r>> {
        self.list_of(kind, items).map(Value::Object)
    }

    /// As [`Heap::list`], when it is the number that is asked for.
    pub(crate) fn list_of(&mut self, kind: ListKind, items: Vec<Value<'r>>) -> Outcome<ObjectId> {
        self.charge(items.len() * 32)?;
        self.place(Object::List { kind, items, changes: 0 })
    }

    pub(crate) fn new_map(&mut self, kind: MapKind) -> Outcome<ObjectId> {
        self.place(match kind {
            MapKind::Linked => Object::Read(Chain::EMPTY),
            MapKind::JsonObject => Object::Map(JMap { kind, entries: Box::default(), changes: 0 }),
        })
    }

    /// Keeps a string that was made. Its bytes are for the caller to count, what it takes beside them is counted here.
    pub(crate) fn keep(&mut self, made: impl Into<JString>) -> JStr<'r> {
        self.count_kept();
        self.store.string(&made.into())
    }

    /// As [`Heap::keep`], of what was written, whose room is used again.
    pub(crate) fn keep_from(&mut self, out: &mut Out) -> JStr<'r> {
        self.count_kept();
        out.move_to(self.store)
    }

    fn count_kept(&mut self) {
        self.memory = self.memory.saturating_sub(48);
    }

    /// Keeps and counts a string that was made.
    pub(crate) fn made(&mut self, made: impl Into<JString>) -> Outcome<Value<'r>> {
        let made = self.keep(made);
        self.string(made)
    }

    /// A string's value; the string counts as memory.
    pub(crate) fn string(&mut self, s: JStr<'r>) -> Outcome<Value<'r>> {
        self.charge(s.bytes())?;
        Ok(Value::Str(s))
    }

    pub(crate) fn class(&self, value: &Value<'r>) -> Option<Class> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(_) => Class::Boolean,
            Value::Byte(_) => Class::Byte,
            Value::Short(_) => Class::Short,
            Value::Int(_) => Class::Integer,
            Value::Long(_) => Class::Long,
            Value::Float(_) => Class::Float,
            Value::Double(_) => Class::Double,
            Value::BigInt(_) => Class::BigInteger,
            Value::BigDec(_) => Class::BigDecimal,
            Value::Char(_) => Class::Character,
            Value::Str(_) => Class::String,
            Value::Input => Class::Input,
            Value::Util => Class::Util,
            Value::Class(_) => Class::Meta,
            Value::Object(id) => match self.get(*id) {
                Object::List { kind, .. } => match kind {
                    ListKind::ArrayList => Class::ArrayList,
                    ListKind::JsonArray => Class::JsonArray,
                    ListKind::ObjectArray => Class::ObjectArray,
                    ListKind::StringArray => Class::StringArray,
                    ListKind::CharArray => Class::CharArray,
                    ListKind::ByteArray => Class::ByteArray,
                },
                Object::SubList { .. } => Class::SubList,
                Object::Read(_) => Class::LinkedHashMap,
                Object::Map(map) => match map.kind {
                    MapKind::Linked => Class::LinkedHashMap,
                    MapKind::JsonObject => Class::JsonObject,
                },
                Object::View { kind, .. } => match kind {
                    ViewKind::Keys => Class::KeySet,
                    ViewKind::Values => Class::Values,
                    ViewKind::Entries => Class::EntrySet,
                },
                Object::Entry { .. } => Class::Entry,
                Object::Iterator(_) => Class::Iterator,
                Object::Scope(_) => Class::Foreach,
                Object::Block { .. } => Class::Block,
            },
        })
    }
}
