//! A row's cells in PostgreSQL's binary form: for arrays of a column and for COPY alike.

use chrono::{DateTime, Utc};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};
use uuid::Uuid;

/// The types that columns of read models have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `text`
    Text,
    /// `uuid`
    Uuid,
    /// `bigint`
    Int8,
    /// `integer`
    Int4,
    /// `smallint`
    Int2,
    /// `boolean`
    Bool,
    /// `timestamptz`
    Timestamp,
}

impl Kind {
    /// The type's name in SQL.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Int8 => "bigint",
            Self::Int4 => "integer",
            Self::Int2 => "smallint",
            Self::Bool => "boolean",
            Self::Timestamp => "timestamptz",
        }
    }

    /// The oids of the type and of arrays of it: fixed numbers of PostgreSQL's catalogue.
    fn oids(self) -> (u32, u32) {
        match self {
            Self::Text => (25, 1009),
            Self::Uuid => (2950, 2951),
            Self::Int8 => (20, 1016),
            Self::Int4 => (23, 1007),
            Self::Int2 => (21, 1005),
            Self::Bool => (16, 1000),
            Self::Timestamp => (1184, 1185),
        }
    }
}

/// Microseconds from 1970 to 2000, where PostgreSQL's clock starts.
pub(super) const EPOCH: i64 = 946_684_800_000_000;

/// Takes the cells of a row, in the order of the table's columns.
pub struct Cells<'a> {
    column: usize,
    take: &'a mut dyn FnMut(usize, Option<&[u8]>),
}

impl<'a> Cells<'a> {
    pub(crate) fn new(take: &'a mut dyn FnMut(usize, Option<&[u8]>)) -> Self {
        Self { column: 0, take }
    }

    /// How many cells were given.
    pub(crate) fn count(&self) -> usize {
        self.column
    }

    fn put(&mut self, cell: Option<&[u8]>) -> &mut Self {
        (self.take)(self.column, cell);
        self.column += 1;
        self
    }

    /// A text.
    pub fn text<'t>(&mut self, value: impl Into<Option<&'t str>>) -> &mut Self {
        self.put(value.into().map(str::as_bytes))
    }

    /// A UUID.
    pub fn uuid(&mut self, value: impl Into<Option<Uuid>>) -> &mut Self {
        self.put(value.into().as_ref().map(|id| id.as_bytes().as_slice()))
    }

    /// A `bigint`.
    pub fn int8(&mut self, value: impl Into<Option<i64>>) -> &mut Self {
        self.put(value.into().map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice))
    }

    /// An `integer`.
    pub fn int4(&mut self, value: impl Into<Option<i32>>) -> &mut Self {
        self.put(value.into().map(i32::to_be_bytes).as_ref().map(<[u8; 4]>::as_slice))
    }

    /// A `smallint`.
    pub fn int2(&mut self, value: impl Into<Option<i16>>) -> &mut Self {
        self.put(value.into().map(i16::to_be_bytes).as_ref().map(<[u8; 2]>::as_slice))
    }

    /// A `boolean`.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.put(Some(&[u8::from(value)]))
    }

    /// A `timestamptz`.
    pub fn timestamp(&mut self, value: impl Into<Option<DateTime<Utc>>>) -> &mut Self {
        let micros = value.into().map(|at| (at.timestamp_micros() - EPOCH).to_be_bytes());
        self.put(micros.as_ref().map(<[u8; 8]>::as_slice))
    }
}

/// One column's cells of many rows: an array argument.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    kind: Kind,
    rows: i32,
    cells: Vec<u8>,
}

impl Column {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, rows: 0, cells: Vec::new() }
    }

    pub(crate) fn push(&mut self, cell: Option<&[u8]>) {
        self.rows += 1;
        put_cell(&mut self.cells, cell);
    }
}

/// A cell as both arrays and COPY have it: its length and its bytes, or -1 for null.
pub(crate) fn put_cell(buffer: &mut Vec<u8>, cell: Option<&[u8]>) {
    match cell {
        None => buffer.extend_from_slice(&(-1i32).to_be_bytes()),
        Some(bytes) => {
            buffer.extend_from_slice(&i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
            buffer.extend_from_slice(bytes);
        }
    }
}

impl Type<Postgres> for Column {
    fn type_info() -> PgTypeInfo {
        // What a column really is depends on its kind; see `produces`.
        PgTypeInfo::with_oid(Oid(1009))
    }
}

impl Encode<'_, Postgres> for Column {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let (dimensions, may_have_nulls, lower_bound) = (1i32, 1i32, 1i32);
        buffer.extend_from_slice(&dimensions.to_be_bytes());
        buffer.extend_from_slice(&may_have_nulls.to_be_bytes());
        buffer.extend_from_slice(&self.kind.oids().0.to_be_bytes());
        buffer.extend_from_slice(&self.rows.to_be_bytes());
        buffer.extend_from_slice(&lower_bound.to_be_bytes());
        buffer.extend_from_slice(&self.cells);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.kind.oids().1)))
    }
}
