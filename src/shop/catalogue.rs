//! The products of a company, found by every identifier a source may use.

use std::collections::HashMap;

use crate::order::Text;
use crate::text;

/// What the sale of a product does to stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stock {
    /// Nothing: a service.
    None,
    /// Goods move, but nobody counts how many are left.
    Moved,
    /// Goods move, and the quantity on hand changes (a storable product).
    Counted,
}

/// How the stock of a product is tracked (`product.template.tracking`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracking {
    /// By quantity alone.
    None,
    /// By lots: many units share a number.
    Lot,
    /// By serial numbers: each unit has its own.
    Serial,
}

/// Why a product cannot be sold in a shop. Shown as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// It is archived.
    Archived,
    /// `sale_ok` is off.
    NotSold,
    /// `available_in_pos` is off.
    NotInPos,
    /// It belongs to another company, of this name.
    OtherCompany(String),
}

impl Unavailable {
    /// The same, for messages.
    pub fn text(&self) -> Text {
        match self {
            Self::Archived => text!("it is archived"),
            Self::NotSold => text!("“Sales” is not ticked"),
            Self::NotInPos => text!("it is not available in Point of Sale"),
            Self::OtherCompany(company) => text!("it belongs to another company ({company})", company),
        }
    }
}

/// One `product.product`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Record id.
    pub id: i64,
    /// Name without the internal reference, in the language of the database.
    pub name: String,
    /// Its names in the other languages of the database, where they differ.
    pub translations: Vec<String>,
    /// Internal reference (`default_code`).
    pub code: Option<String>,
    /// Barcode.
    pub barcode: Option<String>,
    /// `account.tax` ids of the customer taxes (`taxes_id`), of all companies.
    pub taxes: Vec<i64>,
    /// Why it cannot be sold in a shop of this company; `None` when it can.
    pub unavailable: Option<Unavailable>,
    /// Unit of measure (`uom.uom` id).
    pub unit: i64,
    /// What a sale does to stock.
    pub stock: Stock,
    /// Whether lots or serial numbers are tracked.
    pub tracking: Tracking,
}

impl Product {
    /// As support staff know it: `[90201] Brake Pad Set Front`.
    pub fn label(&self) -> String {
        match &self.code {
            Some(code) => format!("[{code}] {}", self.name),
            None => self.name.clone(),
        }
    }
}

/// All products, with an index per identifier. Names are compared with blanks at the ends
/// and runs of blanks ignored.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    products: HashMap<i64, Product>,
    by_barcode: HashMap<String, Vec<i64>>,
    by_code: HashMap<String, Vec<i64>>,
    by_name: HashMap<String, Vec<i64>>,
    by_folded_name: HashMap<String, Vec<i64>>,
}

impl Catalogue {
    /// A catalogue of these products.
    pub fn new(products: impl IntoIterator<Item = Product>) -> Self {
        let mut catalogue = Self::default();
        for product in products {
            catalogue.upsert(product);
        }
        catalogue
    }

    /// Adds a product or replaces the one with the same id.
    pub fn upsert(&mut self, product: Product) {
        self.remove(product.id);
        let id = product.id;
        let mut index = |map: fn(&mut Self) -> &mut HashMap<String, Vec<i64>>, key: String| {
            map(self).entry(key).or_default().push(id);
        };
        if let Some(barcode) = &product.barcode {
            index(|c| &mut c.by_barcode, barcode.clone());
        }
        if let Some(code) = &product.code {
            index(|c| &mut c.by_code, code.clone());
        }
        for name in names(&product) {
            index(|c| &mut c.by_folded_name, name.to_lowercase());
            index(|c| &mut c.by_name, name);
        }
        self.products.insert(id, product);
    }

    fn remove(&mut self, id: i64) {
        let Some(old) = self.products.remove(&id) else { return };
        let drop_from = |map: &mut HashMap<String, Vec<i64>>, key: &str| {
            if let Some(ids) = map.get_mut(key) {
                ids.retain(|&other| other != id);
                if ids.is_empty() {
                    map.remove(key);
                }
            }
        };
        if let Some(barcode) = &old.barcode {
            drop_from(&mut self.by_barcode, barcode);
        }
        if let Some(code) = &old.code {
            drop_from(&mut self.by_code, code);
        }
        for name in names(&old) {
            drop_from(&mut self.by_folded_name, &name.to_lowercase());
            drop_from(&mut self.by_name, &name);
        }
    }

    /// The product of an id.
    pub fn get(&self, id: i64) -> Option<&Product> {
        self.products.get(&id)
    }

    /// All products, in no particular order.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// Products with exactly this barcode.
    pub fn with_barcode(&self, barcode: &str) -> Vec<&Product> {
        self.all(self.by_barcode.get(barcode))
    }

    /// Products with exactly this internal reference.
    pub fn with_code(&self, code: &str) -> Vec<&Product> {
        self.all(self.by_code.get(code))
    }

    /// Products with exactly this name.
    pub fn with_name(&self, name: &str) -> Vec<&Product> {
        self.all(self.by_name.get(&normal(name)))
    }

    /// Products with this name in any case.
    pub fn with_folded_name(&self, name: &str) -> Vec<&Product> {
        self.all(self.by_folded_name.get(&normal(name).to_lowercase()))
    }

    /// How many products there are.
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }

    fn all(&self, ids: Option<&Vec<i64>>) -> Vec<&Product> {
        ids.into_iter().flatten().filter_map(|id| self.products.get(id)).collect()
    }
}

/// Every name a product goes by, each once: in any case, too, since the same id must not
/// stand twice in an index.
fn names(product: &Product) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(1 + product.translations.len());
    for name in std::iter::once(&product.name).chain(&product.translations).map(|name| normal(name)) {
        if !names.iter().any(|other| other.to_lowercase() == name.to_lowercase()) {
            names.push(name);
        }
    }
    names
}

fn normal(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(id: i64, name: &str, code: &str) -> Product {
        Product {
            id,
            name: name.into(),
            translations: vec![],
            code: Some(code.into()),
            barcode: None,
            taxes: vec![],
            unavailable: None,
            stock: Stock::Counted,
            unit: 1,
            tracking: Tracking::None,
        }
    }

    #[test]
    fn a_changed_product_is_found_by_its_new_identifiers_only() {
        let mut catalogue = Catalogue::new([product(1, "Oil", "A"), product(2, "Oil", "B")]);
        catalogue.upsert(product(1, "Filter", "C"));
        assert!(catalogue.with_code("A").is_empty());
        assert_eq!(catalogue.with_code("C")[0].id, 1);
        assert_eq!(catalogue.with_name("Oil").iter().map(|p| p.id).collect::<Vec<_>>(), [2]);
        assert_eq!(catalogue.with_folded_name("  fil\tter"), Vec::<&Product>::new());
        assert_eq!(catalogue.with_folded_name(" FILTER ")[0].id, 1);
        assert_eq!(catalogue.len(), 2);
    }

    #[test]
    fn a_product_is_found_by_its_name_in_every_language() {
        let mut oil = product(1, "Engine Oil", "A");
        oil.translations = vec!["زيت المحرك".into(), "ENGINE OIL".into(), "Huile moteur".into()];
        let mut catalogue = Catalogue::new([oil]);
        for name in ["Engine Oil", " زيت  المحرك ", "Huile moteur"] {
            assert_eq!(catalogue.with_name(name).len(), 1, "{name}");
        }
        assert_eq!(catalogue.with_folded_name("engine oil").len(), 1, "one product is not two candidates");
        catalogue.upsert(product(1, "Engine Oil", "A"));
        assert!(catalogue.with_name("Huile moteur").is_empty());
    }
}
