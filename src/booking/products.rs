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
) -> Result<(&'c Product, Option<Text>), Refusal> {
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
            text!(
                "{place}: {item} was booked as {product}, matched by its id.",
                place,
                item = describe(line),
                product = product.label()
            )
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
    let item = &rule.code;
    let (code, message) = match &rule.product {
        ProductRef::Id(id) => match catalogue.get(*id) {
            Some(product) => return Ok(product),
            None => (
                Code::UnknownProduct,
                text!(
                    "{item} is mapped to the product with the id {id}, which does not exist in Odoo.",
                    item,
                    id = id.to_string()
                ),
            ),
        },
        ProductRef::Reference(reference) => match catalogue.with_code(reference).as_slice() {
            [one] => return Ok(one),
            [] => (
                Code::UnknownProduct,
                text!(
                    "{item} is mapped to the product with the internal reference {reference}, which does not exist in Odoo.",
                    item,
                    reference
                ),
            ),
            _ => (
                Code::AmbiguousProduct,
                text!(
                    "{item} is mapped to the product with the internal reference {reference}, which several products in Odoo have.",
                    item,
                    reference
                ),
            ),
        },
    };
    Err(Refusal::new(
        code,
        message,
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
            text!(
                "{place} ({item}): the product {product} cannot be sold here: {why}.",
                place,
                item = describe(line),
                product = product.label(),
                why = why.text()
            ),
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
                text!(
                    "{place}: by its {way} {item} is {product}, but by its {other_way} it is {other}.",
                    place,
                    item = describe(line),
                    way = word(way),
                    product = product.label(),
                    other_way = word(other_way),
                    other = other.label()
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
        text!(
            "{place}: {item} fits {count} products by its {way}: {products}.",
            place,
            item = describe(line),
            count = found.len(),
            way = word(way),
            products = names.join(", ")
        ),
        text!("Make it unique in Odoo, for example by archiving or renaming the others."),
    )
    .about(SubjectKind::Product, named(line))
}

fn word(way: Match) -> Text {
    match way {
        Match::OdooItemId => Text::name("OdooItemID"),
        Match::ItemId => Text::name("ItemID"),
        Match::Barcode => text!("barcode"),
        Match::DefaultCode => text!("internal reference"),
        Match::Name | Match::NameCi => text!("name"),
    }
}

/// A line as people would name it.
pub(super) fn describe(line: &Line) -> Text {
    let known = [
        line.name.as_ref().map(|name| text!("“{name}”", name)),
        line.item_id.as_ref().map(|id| text!("item id {id}", id)),
        line.barcode.as_ref().map(|barcode| text!("barcode {barcode}", barcode)),
        line.sku.as_ref().map(|sku| text!("SKU {sku}", sku)),
    ];
    let described = Text::listed(known.into_iter().flatten());
    if described.is_empty() { text!("an item without name or id") } else { described }
}
