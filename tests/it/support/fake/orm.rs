//! What every model can do: `search_read` and its kin.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::db::{Row, Tx};
use super::schema::{Kind, Schema, type_name};
use super::{domain, orders, sessions, world};

/// The user who calls.
pub const USER: i64 = 7;

/// Why a method came to nothing; its transaction is rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Odoo's code of the fault.
    pub code: i32,
    /// The text: of code 1 a traceback.
    pub text: String,
}

impl Refused {
    /// A `UserError`, a `ValidationError` or a violated constraint.
    pub fn user(text: impl Into<String>) -> Self {
        Self { code: 2, text: text.into() }
    }

    /// An exception that Odoo does not expect; its class and words.
    pub fn python(exception: &str) -> Self {
        let frames = "Traceback (most recent call last):\n  File \"xmlrpc.py\", line 148, in _xmlrpc\n    result = dispatch_rpc(service, method, params)\n  File \"http.py\", line 2, in dispatch_rpc\n    return dispatch(method, params)\n";
        Self { code: 1, text: format!("{frames}{exception}\n") }
    }
}

/// A call under way.
pub struct Env<'t> {
    /// Its transaction.
    pub tx: &'t mut Tx,
    /// The models.
    pub schema: &'t Schema,
    /// 14 or 19.
    pub series: u8,
    /// Odoo's clock, UTC.
    pub now: DateTime<Utc>,
}

/// A method's result. `Null` is what Odoo cannot write into an answer.
pub type Done = Result<Json, Refused>;

impl Env<'_> {
    /// Calls a method of a model.
    pub fn call(&mut self, model: &str, method: &str, args: &[Json], kwargs: &Map<String, Json>) -> Done {
        if self.schema.fields(model).is_none() && model != "external.order.service" {
            return Err(Refused::user(format!("Object {model} doesn't exist")));
        }
        let arg = |at: usize, name: &str| args.get(at).or_else(|| kwargs.get(name)).cloned();
        match (model, method) {
            ("pos.order", "sync_from_ui") if self.series == 19 => orders::sync_from_ui(self, &args[0]),
            ("pos.order", "create_from_ui") if self.series == 14 => orders::create_from_ui(self, &args[0]),
            ("pos.config" | "pos.session", _) if sessions::knows(model, method) => {
                sessions::call(self, model, method, args)
            }
            ("external.order.service", "locked_through") => Ok(json!("")),
            (_, "fields_get") => Ok(self.fields_get(model, arg(0, "allfields"))),
            (_, "search_read") => {
                let ids = self.search(model, &arg(0, "domain").unwrap_or(json!([])), kwargs)?;
                let fields = arg(1, "fields").unwrap_or(json!([]));
                self.read(model, &ids, &fields)
            }
            (_, "search") => Ok(json!(self.search(model, &arg(0, "domain").unwrap_or(json!([])), kwargs)?)),
            (_, "search_count") => {
                Ok(json!(self.search(model, &arg(0, "domain").unwrap_or(json!([])), kwargs)?.len()))
            }
            (_, "read") => {
                let ids: Vec<i64> = ids(&args[0]);
                let ids: Vec<i64> =
                    ids.into_iter().filter(|id| self.tx.db.get(model, *id).is_some()).collect();
                self.read(model, &ids, &arg(1, "fields").unwrap_or(json!([])))
            }
            (_, "write") => {
                let values = args[1].as_object().cloned().unwrap_or_default();
                self.write(model, &ids(&args[0]), &values)
            }
            ("res.partner", "create") => world::create_partners(self, &args[0]),
            _ if self.series == 14 => Err(Refused::python(&format!(
                "AttributeError: type object '{model}' has no attribute '{method}'"
            ))),
            _ => {
                Err(Refused::python(&format!("AttributeError: The method '{model}.{method}' does not exist")))
            }
        }
    }

    /// What a field of a model holds.
    pub fn field(&self, model: &str, field: &str) -> Option<&Kind> {
        self.schema.fields(model).expect("a known model").get(field)
    }

    /// The value of a field as it is stored.
    pub fn value(&self, model: &str, id: i64, field: &str, kind: &Kind) -> Json {
        match kind {
            _ if field == "id" => json!(id),
            Kind::Inverse(other, inverse) => {
                let of = |row: &Row| row.get(*inverse).and_then(Json::as_i64) == Some(id);
                self.tx.db.rows(other).filter(|(_, row)| of(row)).map(|(id, _)| id).collect()
            }
            Kind::Many(_) => self.stored(model, id, field).unwrap_or(json!([])),
            Kind::Plain("float") => self.stored(model, id, field).unwrap_or(json!(0.0)),
            Kind::Plain("integer") => self.stored(model, id, field).unwrap_or(json!(0)),
            Kind::Plain(_) | Kind::One(_) => self.stored(model, id, field).unwrap_or(json!(false)),
        }
    }

    fn stored(&self, model: &str, id: i64, field: &str) -> Option<Json> {
        self.tx.db.get(model, id)?.get(field).cloned()
    }

    /// The id in a many2one field.
    pub fn one(&self, model: &str, id: i64, field: &str) -> Option<i64> {
        self.stored(model, id, field)?.as_i64()
    }

    /// A text field.
    pub fn text(&self, model: &str, id: i64, field: &str) -> String {
        self.stored(model, id, field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The ids that meet a condition, in their order.
    pub fn search(
        &self,
        model: &str,
        domain: &Json,
        kwargs: &Map<String, Json>,
    ) -> Result<Vec<i64>, Refused> {
        let conditions = domain.as_array().cloned().unwrap_or_default();
        let mut found = Vec::new();
        for (id, _) in self.tx.db.rows(model) {
            if domain::meets(self, model, id, &conditions)? {
                found.push(id);
            }
        }
        match kwargs.get("order").and_then(Json::as_str) {
            Some("id desc") => found.reverse(),
            None | Some("id" | "sequence, id") => {}
            Some(other) => panic!("the fake knows no order {other}"),
        }
        if let Some(limit @ 1..) = kwargs.get("limit").and_then(Json::as_u64) {
            found.truncate(usize::try_from(limit).expect("few"));
        }
        Ok(found)
    }

    fn read(&self, model: &str, ids: &[i64], fields: &Json) -> Done {
        let known = self.schema.fields(model).expect("a known model");
        let mut wanted: Vec<&str> =
            fields.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        if wanted.is_empty() {
            wanted = known.keys().copied().collect();
        }
        let mut rows = Vec::new();
        for &id in ids {
            let mut row = Map::from_iter([("id".to_owned(), json!(id))]);
            for &field in &wanted {
                let kind = known.get(field).ok_or_else(|| {
                    let on = if self.series == 14 { "on model" } else { "on" };
                    Refused::python(&format!("ValueError: Invalid field '{field}' {on} '{model}'"))
                })?;
                let value = self.value(model, id, field, kind);
                let shown = match (kind, value.as_i64()) {
                    (Kind::One(other), Some(one)) => json!([one, self.display_name(other, one)]),
                    _ => value,
                };
                row.insert(field.to_owned(), shown);
            }
            rows.push(Json::Object(row));
        }
        Ok(Json::Array(rows))
    }

    fn display_name(&self, model: &str, id: i64) -> String {
        let field = if model == "res.users" { "login" } else { "name" };
        self.text(model, id, field)
    }

    fn fields_get(&self, model: &str, only: Option<Json>) -> Json {
        let only = only.filter(|names| names.as_array().is_some_and(|names| !names.is_empty()));
        let wanted = |name: &str| {
            only.as_ref().and_then(Json::as_array).is_none_or(|names| names.iter().any(|one| one == name))
        };
        let fields = self.schema.fields(model).expect("a known model").iter();
        let fields = fields.filter(|(name, _)| wanted(name)).map(|(name, kind)| {
            (
                (*name).to_owned(),
                json!({"type": type_name(kind), "store": !matches!(kind, Kind::Inverse(..))}),
            )
        });
        Json::Object(fields.collect())
    }

    fn write(&mut self, model: &str, ids: &[i64], values: &Row) -> Done {
        self.check_fields(model, values.keys())?;
        for &id in ids {
            if self.tx.db.get(model, id).is_none() {
                return Err(Refused::user(format!(
                    "Record does not exist or has been deleted.\n(Record: {model}({id},), User: {USER})"
                )));
            }
            self.tx.update(model, id, values.clone());
        }
        Ok(json!(true))
    }

    /// Refuses values for fields that a model lacks.
    pub fn check_fields<'k>(
        &self,
        model: &str,
        mut fields: impl Iterator<Item = &'k String>,
    ) -> Result<(), Refused> {
        let known = self.schema.fields(model).expect("a known model");
        match fields.find(|name| !known.contains_key(name.as_str())) {
            None => Ok(()),
            Some(name) => Err(Refused::python(&format!("ValueError: Invalid field '{name}' in '{model}'"))),
        }
    }

    /// Inserts a record with what Odoo itself notes on each.
    pub fn insert(&mut self, model: &str, values: Json) -> Result<i64, Refused> {
        let Json::Object(mut row) = values else { panic!("values: {values}") };
        let now = time(self.now);
        row.entry("create_date").or_insert(json!(now));
        row.entry("write_date").or_insert(json!(now));
        row.entry("create_uid").or_insert(json!(USER));
        self.tx.insert(model, row).map_err(Refused::user)
    }
}

/// The ids of an argument: one or a list.
pub fn ids(argument: &Json) -> Vec<i64> {
    match argument {
        Json::Array(many) => many.iter().filter_map(Json::as_i64).collect(),
        one => one.as_i64().into_iter().collect(),
    }
}

/// A time as Odoo writes it.
pub fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}
