//! What a value of the source is to stand for: looked up in Odoo, as booking would find it.

use crate::booking::{MethodRef, method_of};
use crate::config::Sync;
use crate::odoo::Client;
use crate::order::SubjectKind;
use crate::shop::{LoadError, PaymentMethod, Product, Shop, ShopLoader, ShopRef};

use super::super::exit::CliError;
use super::edit::Named;

/// Something of Odoo.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As the file names it.
    pub named: Named,
    /// As people know it.
    pub label: String,
}

/// The method, product or shop that a text names.
pub(super) async fn find(
    client: &Client,
    sync: &Sync,
    kind: SubjectKind,
    text: &str,
) -> Result<Target, CliError> {
    let text = text.trim();
    match kind {
        SubjectKind::Location => location(client, text).await,
        SubjectKind::Product => product(&first_shop(client, sync).await?, text),
        SubjectKind::Payment => {
            let mut shops = Vec::new();
            for (shop, _) in sync.shops.all() {
                shops.push(ShopLoader::methods(client, shop).await?);
            }
            payment(&shops, text)
        }
    }
}

/// The catalogue is that of the company, the same in all of its shops.
async fn first_shop(client: &Client, sync: &Sync) -> Result<Shop, CliError> {
    let all = sync.shops.all();
    let (shop, _) =
        all.first().ok_or_else(|| CliError::unexpected(format!("the sync \"{}\" has no shop", sync.name)))?;
    Ok(ShopLoader::load(client, shop).await?.shop().clone())
}

async fn location(client: &Client, text: &str) -> Result<Target, CliError> {
    let by_name = ShopRef::Name(text.to_owned());
    let target = |named, label| Target { named, label };
    match (ShopLoader::find(client, &by_name).await, text.parse()) {
        (Ok(_), _) => Ok(target(Named::Name(text.to_owned()), format!("the shop {text}"))),
        (Err(LoadError::NotReady(_)), Ok(id)) => {
            ShopLoader::find(client, &ShopRef::Id(id)).await?;
            Ok(target(Named::Id(id), format!("the shop with id {id}")))
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// A payment method of the shops, by its name or id. Where they have different ones of one
/// name, each order takes that of its own shop.
fn payment(shops: &[(String, Vec<PaymentMethod>)], text: &str) -> Result<Target, CliError> {
    let in_shops = |named: &MethodRef| shops.iter().find_map(|(_, methods)| method_of(named, methods));
    let method = in_shops(&MethodRef::Name(text.to_owned()))
        .or_else(|| text.parse().ok().and_then(|id| in_shops(&MethodRef::Id(id))));
    if let Some(method) = method {
        let label = format!("the payment method {}", method.name);
        return Ok(Target { named: Named::Name(method.name.clone()), label });
    }
    let names: Vec<String> = shops
        .iter()
        .map(|(shop, methods)| {
            let methods: Vec<_> = methods.iter().map(|method| method.name.as_str()).collect();
            format!("{shop} has {}", methods.join(", "))
        })
        .collect();
    Err(CliError::usage(
        format!("no shop of this sync has a payment method \"{text}\""),
        format!("Name one of theirs ({}), or add it to the shop in Odoo.", names.join("; ")),
    ))
}

/// A product by internal reference, barcode, name or id.
fn product(shop: &Shop, text: &str) -> Result<Target, CliError> {
    let catalogue = &shop.catalogue;
    let by_id = || text.parse().ok().and_then(|id| catalogue.get(id)).into_iter().collect();
    let ways: [&dyn Fn() -> Vec<_>; 5] = [
        &|| catalogue.with_code(text),
        &|| catalogue.with_barcode(text),
        &|| catalogue.with_name(text),
        &|| catalogue.with_folded_name(text),
        &by_id,
    ];
    let found = ways.iter().map(|way| way()).find(|found| !found.is_empty()).unwrap_or_default();
    let product: &Product = match found.as_slice() {
        [one] => one,
        [] => {
            return Err(CliError::usage(
                format!("no product in Odoo has the internal reference, barcode or name \"{text}\""),
                "Create it in Odoo (available in Point of Sale), or name another one.".to_owned(),
            ));
        }
        several => {
            let labels: Vec<String> =
                several.iter().map(|product| format!("{} (id {})", product.label(), product.id)).collect();
            return Err(CliError::usage(
                format!("several products are called \"{text}\": {}", labels.join(", ")),
                "Name one of them by its internal reference or its id.".to_owned(),
            ));
        }
    };
    if let Some(why) = &product.unavailable {
        return Err(CliError::usage(
            format!("the product {} {why}", product.label()),
            "Correct it in Odoo, or name another one.".to_owned(),
        ));
    }
    let code = product.code.as_ref().filter(|code| catalogue.with_code(code).len() == 1);
    let named = code.map_or(Named::Id(product.id), |code| Named::Name(code.clone()));
    Ok(Target { named, label: format!("the product {}", product.label()) })
}
