//! One mapping in the text of `tillbridge.toml`: everything else in it stays as it is.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::order::{Subject, SubjectKind};

/// What something of the source stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// By its name, or a product's internal reference.
    Name(String),
    /// By its record id.
    Id(i64),
}

impl Named {
    fn value(&self) -> Value {
        match self {
            Self::Name(name) => name.as_str().into(),
            Self::Id(id) => (*id).into(),
        }
    }
}

/// The text with the mapping in the `[[sync]]` of this name. One that is there for the same
/// value is corrected. The error says why it cannot be written, and what to do.
pub(super) fn with_mapping(text: &str, sync: &str, of: &Subject, named: &Named) -> Result<String, String> {
    let mut file: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let tables = file.get_mut("sync").and_then(Item::as_array_of_tables_mut);
    let table = tables.into_iter().flat_map(ArrayOfTables::iter_mut).find(|table| {
        let name = table.get("name").and_then(Item::as_str);
        name.is_some_and(|name| name.trim() == sync)
    });
    let table = table.ok_or_else(|| format!("the file has no [[sync]] table with name = \"{sync}\""))?;
    let (list, value, target) = keys(of.kind);
    let lines = table.entry(list).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    match lines {
        Item::ArrayOfTables(lines) => {
            if let Some(line) = lines.iter_mut().find(|line| is_of(*line, value, of)) {
                put(line, target, named.value());
            } else {
                lines.push(filled(Table::new(), value, of, target, named));
            }
        }
        Item::Value(Value::Array(lines)) => {
            let tables = lines.iter_mut().filter_map(Value::as_inline_table_mut);
            if let Some(line) = tables.into_iter().find(|line| is_of(*line, value, of)) {
                put(line, target, named.value());
            } else {
                push_inline(lines, filled(InlineTable::new(), value, of, target, named));
            }
        }
        _ => return Err(format!("{list} of the sync \"{sync}\" is no list of tables")),
    }
    Ok(file.to_string())
}

/// The list in a sync, and in its lines the key of the source's value and that of the target.
const fn keys(kind: SubjectKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        SubjectKind::Payment => ("payment", "code", "method"),
        SubjectKind::Product => ("product", "code", "product"),
        SubjectKind::Location => ("location", "id", "shop"),
    }
}

/// Whether a line maps this.
fn is_of(line: &dyn TableLike, key: &str, of: &Subject) -> bool {
    match line.get(key).and_then(Item::as_value) {
        Some(Value::String(text)) => of.is_called(text.value()),
        Some(Value::Integer(number)) => of.is_called(&number.value().to_string()),
        _ => false,
    }
}

/// Sets a value; a remark behind the old one stays.
fn put(line: &mut dyn TableLike, key: &str, value: Value) {
    match line.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => {
            line.insert(key, Item::Value(value));
        }
    }
}

fn filled<T: TableLike>(mut line: T, value: &str, of: &Subject, target: &str, named: &Named) -> T {
    line.insert(value, Item::Value(of.value.as_str().into()));
    line.insert(target, Item::Value(named.value()));
    line
}

/// Adds a line to a list in brackets, on a line of its own where the others have theirs.
fn push_inline(lines: &mut Array, line: InlineTable) {
    let before = lines.iter().last().and_then(|last| last.decor().prefix()).cloned();
    let mut line = Value::InlineTable(line);
    line.decor_mut().set_prefix(before.unwrap_or_default());
    lines.push_formatted(line);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::booking::{MethodRef, ProductRef};
    use crate::config::Config;
    use crate::shop::ShopRef;

    const FILE: &str = r#"# How tillbridge reaches Odoo.
[odoo]
url = "https://odoo.example.com"   # not /web
database = "shop"
username = "api"
api_key = "k3y"

# The first one.
[[sync]]
name = "Web"
url = "https://pos.example.com/orders"
shop = "Main Shop"

[[sync.payment]]
code = "Mada"
method = "Card" # since May

# The second one.
[[sync]]
shop = 2
name = " Kiosk "
url = "https://kiosk.example.com/orders"
payment = [
    { code = "2", method = "Card" },
]

[network]
allow = ["10.0.0.0/8"]
"#;

    fn subject(kind: SubjectKind, value: &str) -> Subject {
        Subject { kind, value: value.to_owned() }
    }

    fn name(name: &str) -> Named {
        Named::Name(name.to_owned())
    }

    fn mapped(text: &str, sync: &str, of: &Subject, named: &Named) -> (String, Config) {
        let text = with_mapping(text, sync, of, named).unwrap();
        let config = Config::parse(&text, Path::new("tillbridge.toml"))
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        (text, config)
    }

    /// The lines that are new in a text, which has all the others in their order; blank ones aside.
    fn added(text: &str) -> Vec<&str> {
        let lines = |text| str::lines(text).filter(|line| !line.is_empty());
        let (mut old, all) = (lines(FILE).peekable(), lines(text));
        let new: Vec<&str> = all.filter(|line| old.next_if_eq(line).is_none()).collect();
        assert_eq!(old.next(), None, "lost from\n{text}");
        new
    }

    #[test]
    fn a_mapping_is_added_to_its_sync_and_nothing_else_changes() {
        let tabby = subject(SubjectKind::Payment, "Tabby \"4\"");
        let (text, config) = mapped(FILE, "Web", &tabby, &name("Card"));
        let [web, kiosk] = config.syncs.as_slice() else { panic!("two syncs") };
        let rules: Vec<&str> = web.rules.payment_map.iter().map(|rule| rule.code.as_str()).collect();
        assert_eq!((rules, kiosk.rules.payment_map.len()), (vec!["Mada", "Tabby \"4\""], 1));
        assert_eq!(added(&text), ["[[sync.payment]]", "code = 'Tabby \"4\"'", "method = \"Card\""]);
        assert!(text.contains("# since May\n\n[[sync.payment]]\ncode = 'Tabby"), "{text}");
    }

    #[test]
    fn each_kind_has_its_own_list() {
        let (text, config) =
            mapped(FILE, "Web", &subject(SubjectKind::Product, "Gift Card"), &name("EXT-GIFT"));
        assert_eq!(config.syncs[0].rules.product_map[0].product, ProductRef::Reference("EXT-GIFT".into()));
        assert_eq!(added(&text), ["[[sync.product]]", "code = \"Gift Card\"", "product = \"EXT-GIFT\""]);
        let (text, config) = mapped(FILE, "Kiosk", &subject(SubjectKind::Location, "12"), &Named::Id(7));
        assert_eq!(config.syncs[1].shops.of(Some("12")), Some(&ShopRef::Id(7)));
        assert_eq!(config.syncs[0].shops.of(Some("12")), Some(&ShopRef::Name("Main Shop".into())));
        assert_eq!(added(&text), ["[[sync.location]]", "id = \"12\"", "shop = 7"]);
    }

    #[test]
    fn one_that_is_there_is_corrected() {
        let (text, config) = mapped(FILE, "Web", &subject(SubjectKind::Payment, " mada"), &name("Bank"));
        assert_eq!(config.syncs[0].rules.payment_map.len(), 1);
        assert_eq!(config.syncs[0].rules.payment_map[0].method, MethodRef::Name("Bank".into()));
        assert_eq!(text, FILE.replace("\"Card\" # since May", "\"Bank\" # since May"));
        let by_number = FILE.replace("\n[network]", "[[sync.location]]\nid = 12\nshop = 3\n\n[network]");
        let (text, config) =
            mapped(&by_number, "Kiosk", &subject(SubjectKind::Location, "12"), &Named::Id(4));
        assert_eq!(config.syncs[1].shops.of(Some("12")), Some(&ShopRef::Id(4)));
        assert_eq!(text, by_number.replace("shop = 3", "shop = 4"));
    }

    #[test]
    fn a_list_in_brackets_stays_one() {
        let (text, config) = mapped(FILE, "Kiosk", &subject(SubjectKind::Payment, "Tabby"), &name("Bank"));
        assert_eq!(config.syncs[1].rules.payment_map.len(), 2);
        assert_eq!(added(&text), ["    { code = \"Tabby\", method = \"Bank\" },"]);
        let (text, _) = mapped(FILE, "Kiosk", &subject(SubjectKind::Payment, "2"), &name("Bank"));
        assert_eq!(text, FILE.replace("\"2\", method = \"Card\"", "\"2\", method = \"Bank\""));
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let of = subject(SubjectKind::Payment, "Tabby");
        let error = with_mapping(FILE, "Shop", &of, &name("Card")).unwrap_err();
        assert_eq!(error, "the file has no [[sync]] table with name = \"Shop\"");
        let odd = FILE.replace("payment = [\n    { code = \"2\", method = \"Card\" },\n]", "payment = 2");
        let error = with_mapping(&odd, "Kiosk", &of, &name("Card")).unwrap_err();
        assert_eq!(error, "payment of the sync \"Kiosk\" is no list of tables");
    }
}
