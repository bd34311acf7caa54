//! The fiscal position that a shop puts on its orders.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use crate::odoo::fields::{self, Many2One};
use crate::odoo::{CallError, Client};

/// An `account.fiscal.position`: which taxes stand in for which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiscalPosition {
    /// Record id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `account.tax` ids by the id of the tax they replace; none drops it.
    pub replaced: HashMap<i64, Vec<i64>>,
    /// It drops every tax.
    pub drops_all: bool,
}

impl FiscalPosition {
    /// The taxes in place of these, each once (`addons/account/models/partner.py`, `map_tax`).
    pub fn map(&self, taxes: &[i64]) -> Vec<i64> {
        let mut mapped = Vec::with_capacity(taxes.len());
        if self.drops_all {
            return mapped;
        }
        for tax in taxes {
            for &id in self.replaced.get(tax).map_or(std::slice::from_ref(tax), Vec::as_slice) {
                if !mapped.contains(&id) {
                    mapped.push(id);
                }
            }
        }
        mapped
    }
}

/// Reads a fiscal position with the rights of a POS user.
pub(super) async fn read(client: &Client, position: Many2One) -> Result<FiscalPosition, CallError> {
    // Newer Odoos keep the mapping on the taxes, older ones in records of its own.
    let (replaced, drops_all) = if client.fields_of("account.tax").await?.contains("original_tax_ids") {
        from_taxes(client, position.id).await?
    } else {
        (from_mappings(client, position.id).await?, false)
    };
    Ok(FiscalPosition { id: position.id, name: position.name, replaced, drops_all })
}

/// Odoo 19: each tax of the position names those it replaces. A position without taxes
/// drops them all.
async fn from_taxes(client: &Client, position: i64) -> Result<(HashMap<i64, Vec<i64>>, bool), CallError> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
        original_tax_ids: Vec<i64>,
    }
    let domain = json!([["fiscal_position_ids", "in", [position]]]);
    let rows: Vec<Row> =
        client.search_read("account.tax", &domain, &["original_tax_ids"], "sequence, id").await?;
    let drops_all = rows.is_empty();
    let mut replaced: HashMap<i64, Vec<i64>> = HashMap::new();
    for row in rows {
        for original in row.original_tax_ids {
            replaced.entry(original).or_default().push(row.id);
        }
    }
    Ok((replaced, drops_all))
}

/// Before that: pairs of taxes (`account.fiscal.position.tax`); one without a second drops
/// the first.
async fn from_mappings(client: &Client, position: i64) -> Result<HashMap<i64, Vec<i64>>, CallError> {
    #[derive(Deserialize)]
    struct Row {
        tax_src_id: Many2One,
        #[serde(deserialize_with = "fields::optional")]
        tax_dest_id: Option<Many2One>,
    }
    let domain = json!([["position_id", "=", position]]);
    let rows: Vec<Row> = client
        .search_read("account.fiscal.position.tax", &domain, &["tax_src_id", "tax_dest_id"], "id")
        .await?;
    let mut replaced: HashMap<i64, Vec<i64>> = HashMap::new();
    for row in rows {
        replaced.entry(row.tax_src_id.id).or_default().extend(row.tax_dest_id.map(|tax| tax.id));
    }
    Ok(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(replaced: &[(i64, &[i64])], drops_all: bool) -> FiscalPosition {
        let replaced = replaced.iter().map(|&(tax, by)| (tax, by.to_vec())).collect();
        FiscalPosition { id: 1, name: "Export".into(), replaced, drops_all }
    }

    #[test]
    fn taxes_are_replaced_dropped_and_left_alone() {
        let export = position(&[(1, &[10]), (2, &[]), (3, &[11, 12]), (4, &[10])], false);
        assert_eq!(export.map(&[1, 2, 3, 5]), [10, 11, 12, 5]);
        assert_eq!(export.map(&[4, 1]), [10], "each once");
        assert_eq!(export.map(&[10]), [10], "what replaces is not replaced again");
        assert_eq!(position(&[], false).map(&[1, 2]), [1, 2]);
        assert_eq!(position(&[], true).map(&[1, 2]), [0; 0]);
    }
}
