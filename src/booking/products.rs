//! Which product a line sells (rule: the stated order of matching; contradictions and
//! ambiguities are refused, never guessed).

use crate::order::{Code, Line, Refusal, SubjectKind, Text};
use crate::shop::{Catalogue, Product};
use crate::text;

use super::lines::Place;
use super::{Match, ProductRef, ProductRule, Rules};

/// The product of a line and, where it was found by record id under another name, a warning.
pub(super) fn find<'c>(
    line: &Line,
    place: Place,
    rules: &Rules,
    catalogue: &'c Catalogue,
) -> Result<(&'c Product, Option<String>), Refusal> {
    if let Some(rule) = rules.product_map.iter().find(|rule| names(rule, line)) {
        let product = mapped(rule, place, catalogue)?;
        return available(product, line, place).map(|()| (product, None));
    }
    for &way in &rules.product_matching {
        let found = candidates(line, way, catalogue);
        let product = match found.as_slice() {
            [] => continue,
            [one] => *one,
            // A name in another case is a hint at most: only a unique one counts.
            _ if way == Match::NameCi => continue,
            many => return Err(ambiguous(line, place, way, many)),
        };
        if matches!(way, Match::ItemId | Match::OdooItemId) {
            contradiction(line, place, way, product, catalogue)?;
        }
        available(product, line, place)?;
        let renamed = matches!(way, Match::ItemId | Match::OdooItemId)
            && line.name.as_deref().is_some_and(|name| {
                !catalogue.with_folded_name(name).iter().any(|other| other.id == product.id)
            });
        let warning = renamed.then(|| {
            format!("{place}: \"{}\" was booked as {}, matched by its id.", describe(line), product.label())
        });
        return Ok((product, warning));
    }
    Err(Refusal::new(
        Code::UnknownProduct,
        text!("{place}: no product in Odoo matches {item}.", place, item = describe(line)),
        text!("Create the product in Odoo (available in Point of Sale), or give an existing one this name, barcode or internal reference; the order then books itself."),
    )
    .about(SubjectKind::Product, named(line)))
}

/// What a rule for the item of a line would name.
fn named(line: &Line) -> Option<&str> {
    [&line.name, &line.sku, &line.barcode, &line.item_id].into_iter().flatten().map(String::as_str).next()
}

/// Whether a rule names the item of a line.
fn names(rule: &ProductRule, line: &Line) -> bool {
    let code = folded(&rule.code);
    [&line.name, &line.item_id, &line.barcode, &line.sku]
        .into_iter()
        .flatten()
        .any(|text| folded(text) == code)
}

/// In lower case, blanks at the ends and runs of them ignored.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The product that a rule names.
///
/// # Errors
///
/// A refusal where there is none, or several of its internal reference.
pub fn mapped_product<'c>(rule: &ProductRule, catalogue: &'c Catalogue) -> Result<&'c Product, Refusal> {
    let (found, named) = match &rule.product {
        ProductRef::Id(id) => (catalogue.get(*id).into_iter().collect(), format!("id {id}")),
        ProductRef::Reference(code) => (catalogue.with_code(code), format!("internal reference {code}")),
    };
    let (code, what) = match found.as_slice() {
        [one] => return Ok(one),
        [] => (Code::UnknownProduct, "does not exist in Odoo"),
        _ => (Code::AmbiguousProduct, "is that of several products in Odoo"),
    };
    Err(Refusal::new(
        code,
        format!("\"{}\" is mapped to the product with {named}, which {what}.", rule.code),
        text!("Correct the sync's product mapping, or the product in Odoo; the order then books itself."),
    )
    .about(SubjectKind::Product, Some(&rule.code)))
}

fn mapped<'c>(rule: &ProductRule, place: Place, catalogue: &'c Catalogue) -> Result<&'c Product, Refusal> {
    mapped_product(rule, catalogue).map_err(|refusal| Refusal {
        message: text!("{place}: {message}", place, message = refusal.message),
        ..refusal
    })
}

fn available(product: &Product, line: &Line, place: Place) -> Result<(), Refusal> {
    match &product.unavailable {
        None => Ok(()),
        Some(why) => Err(Refusal::new(
            Code::UnavailableProduct,
            format!("{place} ({}): the product {} {why}.", describe(line), product.label()),
            text!("Correct the product in Odoo; the order then books itself."),
        )),
    }
}

fn candidates<'c>(line: &Line, way: Match, catalogue: &'c Catalogue) -> Vec<&'c Product> {
    match way {
        Match::OdooItemId => line.odoo_item_id.and_then(|id| catalogue.get(id)).into_iter().collect(),
        Match::ItemId => line
            .item_id
            .as_deref()
            .and_then(|id| id.parse().ok())
            .and_then(|id: i64| catalogue.get(id))
            .into_iter()
            .collect(),
        Match::Barcode => {
            line.barcode.as_deref().map(|text| catalogue.with_barcode(text)).unwrap_or_default()
        }
        Match::DefaultCode => {
            for code in [&line.sku, &line.item_id].into_iter().flatten() {
                let found = catalogue.with_code(code);
                if !found.is_empty() {
                    return found;
                }
            }
            Vec::new()
        }
        Match::Name => line.name.as_deref().map(|name| catalogue.with_name(name)).unwrap_or_default(),
        Match::NameCi => {
            line.name.as_deref().map(|name| catalogue.with_folded_name(name)).unwrap_or_default()
        }
    }
}

/// A record id that points to one product while barcode, reference or name of the same line
/// point to another: a source whose ids merely look like Odoo's.
fn contradiction(
    line: &Line,
    place: Place,
    way: Match,
    product: &Product,
    catalogue: &Catalogue,
) -> Result<(), Refusal> {
    for other_way in [Match::Barcode, Match::DefaultCode, Match::Name] {
        let others = candidates(line, other_way, catalogue);
        if let Some(other) = others.first()
            && !others.iter().any(|other| other.id == product.id)
        {
            return Err(Refusal::new(
                Code::AmbiguousProduct,
                format!(
                    "{place}: {} as {} is {}, but its {} is that of {}.",
                    describe(line),
                    word(way),
                    product.label(),
                    word(other_way),
                    other.label()
                ),
                text!("If the source's item ids are not Odoo's record ids, take them out of the sync's product matching; otherwise correct the product in Odoo."),
            )
            .about(SubjectKind::Product, named(line)));
        }
    }
    Ok(())
}

fn ambiguous(line: &Line, place: Place, way: Match, found: &[&Product]) -> Refusal {
    let mut names: Vec<_> =
        found.iter().map(|product| format!("{} (id {})", product.label(), product.id)).collect();
    names.sort();
    Refusal::new(
        Code::AmbiguousProduct,
        format!(
            "{place}: {} fits {} products by {}: {}.",
            describe(line),
            found.len(),
            word(way),
            names.join(", ")
        ),
        text!("Make it unique in Odoo, for example by archiving or renaming the others."),
    )
    .about(SubjectKind::Product, named(line))
}

fn word(way: Match) -> &'static str {
    match way {
        Match::OdooItemId => "OdooItemID",
        Match::ItemId => "ItemID",
        Match::Barcode => "barcode",
        Match::DefaultCode => "internal reference",
        Match::Name | Match::NameCi => "name",
    }
}

/// A line as people would name it.
pub(super) fn describe(line: &Line) -> Text {
    let mut parts = Vec::new();
    if let Some(name) = &line.name {
        parts.push(format!("\"{name}\""));
    }
    for (label, value) in [("item id", &line.item_id), ("barcode", &line.barcode), ("SKU", &line.sku)] {
        if let Some(value) = value {
            parts.push(format!("{label} {value}"));
        }
    }
    if parts.is_empty() { text!("an item without name or id") } else { parts.join(", ").into() }
}
