//! Rows, snapshots and commits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Map, Value as Json};

/// The stored values of a record: a many2one is an id or `false`, a many2many a list of ids.
pub type Row = Map<String, Json>;

#[derive(Debug, Clone)]
struct Record {
    /// Number of the commit that wrote it last.
    version: u64,
    row: Arc<Row>,
}

/// The state of a database at one moment. A copy is a snapshot and costs next to nothing.
#[derive(Debug, Clone, Default)]
pub struct Db {
    tables: BTreeMap<String, Arc<BTreeMap<i64, Record>>>,
    commits: u64,
    /// One sequence for all models, so that an id of one is none of another. As in
    /// PostgreSQL no rollback gives back what was drawn.
    ids: Arc<AtomicI64>,
}

impl Db {
    /// The records of a model, by id.
    pub fn rows(&self, model: &str) -> impl Iterator<Item = (i64, &Row)> {
        self.tables.get(model).into_iter().flat_map(|table| table.iter().map(|(id, one)| (*id, &*one.row)))
    }

    /// A record.
    pub fn get(&self, model: &str, id: i64) -> Option<&Row> {
        self.tables.get(model)?.get(&id).map(|record| &*record.row)
    }

    fn version(&self, model: &str, id: i64) -> Option<u64> {
        self.tables.get(model)?.get(&id).map(|record| record.version)
    }

    fn put(&mut self, model: &str, id: i64, record: Record) {
        Arc::make_mut(self.tables.entry(model.to_owned()).or_default()).insert(id, record);
    }

    fn remove(&mut self, model: &str, id: i64) {
        if let Some(table) = self.tables.get_mut(model) {
            Arc::make_mut(table).remove(&id);
        }
    }

    /// Makes what a transaction did part of this database, or nothing of it.
    pub fn commit(&mut self, tx: &Tx) -> Result<(), Conflict> {
        for ((model, id), seen) in &tx.touched {
            if self.version(model, *id) != *seen {
                return Err(Conflict::Serialization);
            }
        }
        for (model, field, message) in tx.unique.iter() {
            let taken = |value: &Json, id: i64| {
                self.rows(model).any(|(other, row)| other != id && row.get(field) == Some(value))
            };
            for (model_of, id) in tx.touched.keys().filter(|(touched, _)| touched == model) {
                let value = tx.db.get(model_of, *id).and_then(|row| row.get(field));
                if value.is_some_and(|value| value.is_string() && taken(value, *id)) {
                    return Err(Conflict::Unique(message.clone()));
                }
            }
        }
        self.commits += 1;
        for (model, id) in tx.touched.keys() {
            match tx.db.get(model, *id) {
                Some(row) => {
                    let record = Record { version: self.commits, row: Arc::new(row.clone()) };
                    self.put(model, *id, record);
                }
                None => self.remove(model, *id),
            }
        }
        Ok(())
    }
}

/// Why a transaction cannot be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Another one changed the same record meanwhile: begin anew.
    Serialization,
    /// Another one has this value already; with Odoo's words for it.
    Unique(String),
}

/// A field that the database keeps unique: model, field, what Odoo says of a second one.
pub type Unique = (String, String, String);

/// A transaction under way: a snapshot with its own changes.
#[derive(Debug, Clone)]
pub struct Tx {
    /// What it sees.
    pub db: Db,
    /// What it wrote, with the version it saw.
    touched: BTreeMap<(String, i64), Option<u64>>,
    unique: Arc<Vec<Unique>>,
}

impl Tx {
    /// Begins on the present state.
    pub fn begin(db: &Db, unique: &Arc<Vec<Unique>>) -> Self {
        Self { db: db.clone(), touched: BTreeMap::new(), unique: Arc::clone(unique) }
    }

    fn touch(&mut self, model: &str, id: i64) {
        let seen = self.db.version(model, id);
        self.touched.entry((model.to_owned(), id)).or_insert(seen);
    }

    /// Inserts a record and gives its id; an error in Odoo's words where a unique value is
    /// there twice.
    pub fn insert(&mut self, model: &str, row: Row) -> Result<i64, String> {
        for (of, field, message) in self.unique.iter().filter(|(of, ..)| of == model) {
            let value = row.get(field).filter(|value| value.is_string());
            if value.is_some() && self.db.rows(of).any(|(_, other)| other.get(field) == value) {
                return Err(message.clone());
            }
        }
        let id = self.db.ids.fetch_add(1, Ordering::Relaxed) + 1;
        self.touch(model, id);
        self.db.put(model, id, Record { version: 0, row: Arc::new(row) });
        Ok(id)
    }

    /// Writes values of a record, which is there.
    pub fn update(&mut self, model: &str, id: i64, values: impl IntoIterator<Item = (String, Json)>) {
        self.touch(model, id);
        let mut row = self.db.get(model, id).cloned().unwrap_or_default();
        row.extend(values);
        self.db.put(model, id, Record { version: 0, row: Arc::new(row) });
    }

    /// Deletes a record.
    pub fn delete(&mut self, model: &str, id: i64) {
        self.touch(model, id);
        self.db.remove(model, id);
    }
}

impl Tx {
    /// The records of a model that it inserted.
    pub fn inserted(&self, model: &str) -> Vec<i64> {
        let new = self.touched.iter().filter(|((of, _), seen)| of == model && seen.is_none());
        new.map(|((_, id), _)| *id).collect()
    }
}
