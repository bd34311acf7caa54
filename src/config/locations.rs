//! Which shop takes the orders of which location: the table of a sync, also as a CSV file.

use std::collections::BTreeMap;
use std::fmt;

use crate::shop::ShopRef;

/// The shops that a sync feeds: one, or one for each location of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shops {
    default: Option<ShopRef>,
    listed: BTreeMap<String, ShopRef>,
}

impl Shops {
    /// One shop for all orders, whatever their location.
    pub fn one(shop: ShopRef) -> Self {
        Self { default: Some(shop), listed: BTreeMap::new() }
    }

    /// The shops of a table of (`LocationID`, shop); `default` takes the orders of locations
    /// that are not in it, and those that name none.
    ///
    /// # Errors
    ///
    /// A location that is empty or listed with two shops, and a sync that has no shop at all.
    pub fn new(
        default: Option<ShopRef>,
        table: impl IntoIterator<Item = (String, ShopRef)>,
    ) -> Result<Self, String> {
        let mut listed = BTreeMap::new();
        for (location, shop) in table {
            let location = location.trim().to_owned();
            if location.is_empty() {
                return Err(format!("the location of {} is empty", called(&shop)));
            }
            if let Some(other) = listed.insert(location.clone(), shop.clone())
                && other != shop
            {
                let [one, other] = [&other, &shop].map(called);
                return Err(format!("the location {location} is listed with {one} and with {other}"));
            }
        }
        if default.is_none() && listed.is_empty() {
            return Err("it has no shop".to_owned());
        }
        Ok(Self { default, listed })
    }

    /// The shop of a location (`None`: the order names none); `None` where nothing says which.
    pub fn of(&self, location: Option<&str>) -> Option<&ShopRef> {
        location.and_then(|location| self.listed.get(location)).or(self.default.as_ref())
    }

    /// The shop of locations that are not listed.
    pub fn default(&self) -> Option<&ShopRef> {
        self.default.as_ref()
    }

    /// Every shop once, the default first, each with the locations listed for it.
    pub fn all(&self) -> Vec<(&ShopRef, Vec<&str>)> {
        let mut shops: Vec<(&ShopRef, Vec<&str>)> =
            self.default.iter().map(|shop| (shop, Vec::new())).collect();
        for (location, shop) in &self.listed {
            match shops.iter_mut().find(|(known, _)| *known == shop) {
                Some((_, locations)) => locations.push(location),
                None => shops.push((shop, vec![location])),
            }
        }
        shops
    }
}

/// For people: the shop's name, or all of them.
impl fmt::Display for Shops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.all().into_iter().map(|(shop, _)| shop.to_string()).collect();
        f.write_str(&names.join(", "))
    }
}

fn called(shop: &ShopRef) -> String {
    match shop {
        ShopRef::Id(id) => format!("the shop {id}"),
        ShopRef::Name(name) => format!("the shop \"{name}\""),
    }
}

/// Reads a table of locations from CSV: a line with the names `location` and `shop`, then a
/// line for each location. Comma, semicolon or tab separate, quotes hold what contains them,
/// further columns are passed over. A shop that is a number is one by its id.
///
/// # Errors
///
/// Says the line, counted from 1.
pub(super) fn from_csv(text: &str) -> Result<Vec<(String, ShopRef)>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let no_head = || "line 1: the first line must name the columns: location,shop".to_owned();
    let (_, head) = lines.next().ok_or_else(no_head)?;
    let separator = [b';', b'\t'].into_iter().find(|one| head.as_bytes().contains(one)).unwrap_or(b',');
    let names = fields(head, separator).unwrap_or_default();
    let column = |name: &str| names.iter().position(|one| one.eq_ignore_ascii_case(name));
    let (location, shop) = column("location").zip(column("shop")).ok_or_else(no_head)?;
    lines
        .map(|(index, line)| {
            let number = index + 1;
            let fields =
                fields(line, separator).ok_or_else(|| format!("line {number}: a quote is not closed"))?;
            let field = |column: usize, name: &str| {
                let field = fields.get(column).filter(|field| !field.is_empty());
                field.cloned().ok_or_else(|| format!("line {number}: the {name} is missing"))
            };
            let shop = field(shop, "shop")?;
            let shop = shop.parse().map_or(ShopRef::Name(shop), ShopRef::Id);
            Ok((field(location, "location")?, shop))
        })
        .collect()
}

/// The trimmed fields of a line; `None` when a quote is left open.
fn fields(line: &str, separator: u8) -> Option<Vec<String>> {
    if !line.matches('"').count().is_multiple_of(2) {
        return None;
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(|field| field.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ShopRef {
        ShopRef::Name(text.into())
    }

    #[test]
    fn a_location_goes_to_its_shop_and_others_to_the_default() {
        let table =
            [("1".to_owned(), name("A")), (" 02 ".to_owned(), name("B")), ("3".to_owned(), name("A"))];
        let shops = Shops::new(Some(name("C")), table.clone()).unwrap();
        assert_eq!(shops.of(Some("1")), Some(&name("A")));
        assert_eq!(shops.of(Some("02")), Some(&name("B")));
        assert_eq!(shops.of(Some("2")), Some(&name("C")), "2 is not 02");
        assert_eq!(shops.of(None), Some(&name("C")));
        assert_eq!(
            shops.all(),
            [(&name("C"), vec![]), (&name("B"), vec!["02"]), (&name("A"), vec!["1", "3"])]
        );
        let strict = Shops::new(None, table).unwrap();
        assert_eq!((strict.of(Some("2")), strict.of(None)), (None, None));
        assert_eq!(strict.to_string(), "B, A");
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let table = |rows: &[(&str, i64)]| {
            let rows = rows.iter().map(|(location, shop)| ((*location).to_owned(), ShopRef::Id(*shop)));
            Shops::new(None, rows).map(|shops| shops.all().len())
        };
        assert_eq!(table(&[("1", 7), ("1", 7)]), Ok(1), "the same twice says the same");
        assert_eq!(
            table(&[("1", 7), ("1 ", 8)]),
            Err("the location 1 is listed with the shop 7 and with the shop 8".into())
        );
        assert_eq!(table(&[(" ", 7)]), Err("the location of the shop 7 is empty".into()));
        assert_eq!(table(&[]), Err("it has no shop".into()));
    }

    #[test]
    fn a_table_is_read_from_what_a_spreadsheet_saves() {
        let expected = vec![("1".to_owned(), name("Main, \"old\" town")), ("02".to_owned(), ShopRef::Id(7))];
        let comma = "location,shop\r\n1,\"Main, \"\"old\"\" town\"\r\n\r\n 02 , 7 \r\n";
        assert_eq!(from_csv(comma), Ok(expected.clone()));
        let semicolon = "\u{feff}Shop;City;Location\n\"Main, \"\"old\"\" town\";Riyadh;1\n7;;02\n";
        assert_eq!(from_csv(semicolon), Ok(expected));
    }

    #[test]
    fn a_mistake_in_the_file_is_shown_with_its_line() {
        for (text, expected) in [
            ("", "line 1: the first line must name the columns: location,shop"),
            ("1,Main\n", "line 1: the first line must name the columns: location,shop"),
            ("location,shop\n1,Main\n\n2\n", "line 4: the shop is missing"),
            ("location,shop\n,Main\n", "line 2: the location is missing"),
            ("location,shop\n1,\"Main\n", "line 2: a quote is not closed"),
        ] {
            assert_eq!(from_csv(text), Err(expected.to_owned()), "{text:?}");
        }
    }
}
