//! The kinds of values that both engines keep, and how Rust types become them and come back.

use std::borrow::Cow;
use std::error::Error;

use base::Instant;
use bytes::{BufMut, BytesMut};
use postgres_types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::DbError;
use crate::error::Misfit;

/// PostgreSQL counts from 2000-01-01: microseconds between that and 1970-01-01.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A value on its way to or from the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// `integer` / `bigint`.
    I64(i64),
    /// `real` / `double precision`. Not-a-number is refused: SQLite would store nothing instead.
    F64(f64),
    /// `integer` 0 or 1 / `boolean`.
    Bool(bool),
    /// `text`. NUL is refused on both engines, because PostgreSQL cannot keep it.
    Text(&'a str),
    /// `blob` / `bytea`.
    Blob(&'a [u8]),
    /// 16-byte `blob` / `uuid`.
    Uuid(Uuid),
    /// `integer`, microseconds since 1970 UTC / `timestamptz`.
    Instant(Instant),
}

impl Value<'_> {
    /// The kind, for messages; never the value itself.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::I64(_) => "integer",
            Self::F64(_) => "float",
            Self::Bool(_) => "boolean",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
            Self::Uuid(_) => "uuid",
            Self::Instant(_) => "instant",
        }
    }

    /// What neither engine would keep as it is.
    fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Text(text) if memchr::memchr(0, text.as_bytes()).is_some() => {
                Some("text with a NUL character")
            }
            Self::F64(number) if number.is_nan() => Some("not a number"),
            _ => None,
        }
    }
}

/// Refuses values that an engine would reject or change silently.
pub(crate) fn check(statement: &'static str, values: &[Value<'_>]) -> Result<(), DbError> {
    for (index, value) in values.iter().enumerate() {
        if let Some(problem) = value.problem() {
            return Err(DbError::Value { statement, parameter: index + 1, problem });
        }
    }
    Ok(())
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::I64(number) => ValueRef::Integer(*number),
            Self::F64(number) => ValueRef::Real(*number),
            Self::Bool(flag) => ValueRef::Integer(i64::from(*flag)),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
            Self::Uuid(id) => ValueRef::Blob(id.as_bytes()),
            Self::Instant(at) => ValueRef::Integer(at.as_micros()),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::I64(number), &Type::INT8) => out.put_i64(*number),
            (Self::I64(number), &Type::INT4) => out.put_i32(
                i32::try_from(*number).map_err(|_| Misfit("number out of range".to_owned()))?,
            ),
            (Self::F64(number), &Type::FLOAT8) => out.put_f64(*number),
            (Self::Bool(flag), &Type::BOOL) => out.put_u8(u8::from(*flag)),
            (Self::Text(text), ty) if is_text(ty) => out.put_slice(text.as_bytes()),
            (Self::Blob(bytes), &Type::BYTEA) => out.put_slice(bytes),
            (Self::Uuid(id), &Type::UUID) => out.put_slice(id.as_bytes()),
            (Self::Instant(at), &Type::TIMESTAMPTZ) => out.put_i64(
                at.as_micros()
                    .checked_sub(POSTGRES_EPOCH_MICROS)
                    .ok_or_else(|| Misfit("instant out of range".to_owned()))?,
            ),
            _ => return Err(Misfit(format!("{} given where {ty} is wanted", self.kind())).into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
}

/// Whether a column of this type can be read.
pub(crate) fn is_read(ty: &Type) -> bool {
    is_text(ty)
        || matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::FLOAT8
                | Type::BOOL
                | Type::BYTEA
                | Type::UUID
                | Type::TIMESTAMPTZ
        )
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => Self::I64(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::I64(i32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Self::F64(f64::from_sql(ty, raw)?),
            Type::BOOL => Self::Bool(bool::from_sql(ty, raw)?),
            Type::BYTEA => Self::Blob(raw),
            Type::UUID => Self::Uuid(Uuid::from_slice(raw)?),
            Type::TIMESTAMPTZ => Self::Instant(Instant::from_micros(
                i64::from_sql(&Type::INT8, raw)?
                    .checked_add(POSTGRES_EPOCH_MICROS)
                    .ok_or_else(|| Misfit("infinite instant".to_owned()))?,
            )),
            _ if is_text(ty) => Self::Text(std::str::from_utf8(raw)?),
            _ => {
                return Err(
                    Misfit(format!("type {ty} is not read; cast it in the statement")).into()
                );
            }
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A Rust type that can be bound to a parameter.
pub trait ToValue {
    /// Borrows the value.
    fn to_value(&self) -> Value<'_>;
}

/// A Rust type that can be read from a column.
pub trait FromValue<'r>: Sized {
    /// What is expected, for messages.
    const EXPECTED: &'static str;

    /// The value, if it is of the right kind.
    fn from_value(value: Value<'r>) -> Option<Self>;
}

macro_rules! value {
    ($type:ty, $expected:expr, |$this:ident| $to:expr, $($from:pat => $made:expr),+) => {
        impl ToValue for $type {
            fn to_value(&self) -> Value<'_> {
                let $this = self;
                $to
            }
        }
        impl FromValue<'_> for $type {
            const EXPECTED: &'static str = $expected;
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    $($from => $made,)+
                    _ => None,
                }
            }
        }
    };
}

value!(i64, "integer", |this| Value::I64(*this), Value::I64(number) => Some(number));
value!(i32, "integer of 32 bits", |this| Value::I64((*this).into()),
    Value::I64(number) => number.try_into().ok());
value!(u32, "unsigned integer of 32 bits", |this| Value::I64((*this).into()),
    Value::I64(number) => number.try_into().ok());
value!(f64, "float", |this| Value::F64(*this), Value::F64(number) => Some(number));
value!(bool, "boolean", |this| Value::Bool(*this),
    Value::Bool(flag) => Some(flag), Value::I64(0) => Some(false), Value::I64(1) => Some(true));
value!(String, "text", |this| Value::Text(this), Value::Text(text) => Some(text.to_owned()));
value!(Vec<u8>, "bytes", |this| Value::Blob(this), Value::Blob(bytes) => Some(bytes.to_vec()));
value!(Uuid, "uuid", |this| Value::Uuid(*this),
    Value::Uuid(id) => Some(id), Value::Blob(bytes) => Uuid::from_slice(bytes).ok());
value!(Instant, "instant", |this| Value::Instant(*this),
    Value::Instant(at) => Some(at), Value::I64(micros) => Some(Instant::from_micros(micros)));

macro_rules! ids {
    ($($id:ident),+) => {$(
        value!(base::$id, stringify!($id), |this| Value::Uuid(this.0),
            Value::Uuid(id) => Some(base::$id(id)),
            Value::Blob(bytes) => Uuid::from_slice(bytes).ok().map(base::$id));
    )+};
}
ids!(CenterId, PatientId, HospitalizationId, RunId, ImportId, LinkId, PersonId, RecordId);

impl ToValue for str {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl ToValue for Cow<'_, str> {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}
impl ToValue for [u8] {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}
impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}
impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        *self
    }
}
impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}
impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

impl<'r> FromValue<'r> for Value<'r> {
    const EXPECTED: &'static str = "any value";
    fn from_value(value: Value<'r>) -> Option<Self> {
        Some(value)
    }
}
impl<'r> FromValue<'r> for &'r str {
    const EXPECTED: &'static str = "text";
    fn from_value(value: Value<'r>) -> Option<Self> {
        if let Value::Text(text) = value { Some(text) } else { None }
    }
}
impl<'r> FromValue<'r> for &'r [u8] {
    const EXPECTED: &'static str = "bytes";
    fn from_value(value: Value<'r>) -> Option<Self> {
        if let Value::Blob(bytes) = value { Some(bytes) } else { None }
    }
}
impl<const N: usize> FromValue<'_> for [u8; N] {
    const EXPECTED: &'static str = "bytes of fixed length";
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Blob(bytes) = value { bytes.try_into().ok() } else { None }
    }
}
impl<'r, T: FromValue<'r>> FromValue<'r> for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn from_value(value: Value<'r>) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// The parameters of one execution: `()`, a tuple, or a slice of [`Value`]s.
pub trait Params {
    /// Lends the values to `with`.
    fn lend<R>(&self, with: impl FnOnce(&[Value<'_>]) -> R) -> R;
}

impl Params for () {
    fn lend<R>(&self, with: impl FnOnce(&[Value<'_>]) -> R) -> R {
        with(&[])
    }
}
impl Params for [Value<'_>] {
    fn lend<R>(&self, with: impl FnOnce(&[Value<'_>]) -> R) -> R {
        with(self)
    }
}
impl Params for Vec<Value<'_>> {
    fn lend<R>(&self, with: impl FnOnce(&[Value<'_>]) -> R) -> R {
        with(self)
    }
}
impl<P: Params + ?Sized> Params for &P {
    fn lend<R>(&self, with: impl FnOnce(&[Value<'_>]) -> R) -> R {
        (**self).lend(with)
    }
}

macro_rules! tuples {
    () => {};
    ($head:ident $($tail:ident)*) => {
        impl<$head: ToValue, $($tail: ToValue),*> Params for ($head, $($tail,)*) {
            #[expect(non_snake_case, reason = "the names are the type parameters")]
            fn lend<R>(&self, with: impl FnOnce(&[Value<'_>]) -> R) -> R {
                let ($head, $($tail,)*) = self;
                with(&[$head.to_value(), $($tail.to_value()),*])
            }
        }
        tuples!($($tail)*);
    };
}
tuples!(A B C D E F G H I J K L M N O P Q S T U V W X Y);
