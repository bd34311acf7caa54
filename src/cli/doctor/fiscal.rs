//! Modules of Odoo that issue, sign or report a fiscal document for orders of the Point of
//! Sale. A source that issues its own would make two of one sale.
//!
//! The addon tells which are installed. Without it they are known by the fields that they
//! add to `pos.order`, which any POS user can see; `ir.module.module` only an administrator
//! can read.

use std::collections::BTreeSet;

use crate::odoo::{CallError, Client};

use crate::doctor::{Finding, call_failed};

use super::plain;

/// A module, what it does with an order, and how its fields on `pos.order` begin (empty
/// where it adds none that only it has).
const MODULES: [(&str, &str, &str); 20] = [
    ("l10n_at_pos", "signs every order (Austria)", ""),
    ("l10n_br_edi_pos", "issues an electronic consumer invoice for every order (Brazil)", "l10n_br_"),
    ("l10n_cl_edi_pos", "issues an electronic receipt for every order (Chile)", "l10n_cl_"),
    ("l10n_co_edi_pos", "reports orders to the DIAN (Colombia)", "l10n_co_edi_"),
    ("l10n_de_pos_cert", "signs every order by a technical security device (Germany)", "l10n_de_fiskaly_"),
    ("l10n_de_pos_res_cert", "signs every restaurant order (Germany)", ""),
    ("l10n_ec_edi_pos", "issues electronic documents for orders (Ecuador)", "l10n_ec_"),
    ("l10n_eg_edi_pos", "issues electronic receipts for orders (Egypt)", "l10n_eg_"),
    ("l10n_es_edi_tbai_pos", "reports every order by TicketBAI (Spain)", "l10n_es_tbai_"),
    ("l10n_es_edi_verifactu_pos", "reports every order by Veri*Factu (Spain)", "l10n_es_edi_verifactu_"),
    ("l10n_es_pos", "numbers orders as simplified invoices (Spain)", "is_l10n_es_simplified_invoice"),
    ("l10n_fr_pos_cert", "chains every order by a hash and forbids changing it (France)", "l10n_fr_"),
    ("l10n_it_pos", "issues fiscal receipts for orders (Italy)", "l10n_it_"),
    ("l10n_ke_edi_oscu_pos", "reports every order to the KRA (Kenya)", "l10n_ke_"),
    ("l10n_mx_edi_pos", "issues a CFDI for orders (Mexico)", "l10n_mx_edi_"),
    ("l10n_my_edi_pos", "reports orders to MyInvois (Malaysia)", "consolidated_invoice_ids"),
    ("l10n_pe_edi_pos", "issues electronic documents for orders (Peru)", "l10n_pe_edi_"),
    ("l10n_sa_edi_pos", "reports the invoices of orders to ZATCA (Saudi Arabia)", "l10n_sa_invoice_"),
    ("pos_blackbox_be", "registers every order with the fiscal data module (Belgium)", "blackbox_"),
    ("pos_l10n_se", "registers every order with a control unit (Sweden)", "l10n_se_"),
];

/// None is installed that nobody agreed to (`[odoo] accept_fiscal_modules`).
pub(super) async fn modules(client: &Client, accepted: &[String]) -> Finding {
    match installed(client).await {
        Ok(installed) => judge(&installed, accepted),
        Err(error) => call_failed("fiscal", &error),
    }
}

async fn installed(client: &Client) -> Result<BTreeSet<String>, CallError> {
    let fields = client.fields_of("pos.order").await?;
    if fields.contains("external_order_key") {
        let names: Vec<_> = MODULES.iter().map(|(name, ..)| *name).collect();
        match client.read("external.order.service", "installed_modules", (names,), ()).await {
            Ok(installed) => return Ok(installed),
            // An addon that does not tell, or not to this user: the fields do.
            Err(CallError::Fault(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(by_fields(&fields))
}

fn by_fields(fields: &BTreeSet<String>) -> BTreeSet<String> {
    let marked = |mark: &str| !mark.is_empty() && fields.iter().any(|field| field.starts_with(mark));
    MODULES.iter().filter(|(.., mark)| marked(mark)).map(|(name, ..)| (*name).to_owned()).collect()
}

fn judge(installed: &BTreeSet<String>, accepted: &[String]) -> Finding {
    let found: Vec<_> = MODULES.iter().filter(|(name, ..)| installed.contains(*name)).collect();
    let (agreed, open): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(name, ..)| accepted.iter().any(|accepted| accepted == name));
    let names = |modules: &[&(&str, &str, &str)]| {
        modules.iter().map(|(name, does, _)| format!("{name} {does}")).collect::<Vec<_>>().join("; ")
    };
    if open.is_empty() && agreed.is_empty() {
        return plain::ok("fiscal", "No module is known to issue a fiscal document of its own for orders.");
    }
    if open.is_empty() {
        return plain::ok("fiscal", format!("Agreed to: {}.", names(&agreed)));
    }
    let keys: Vec<_> = open.iter().chain(&agreed).map(|(name, ..)| format!("\"{name}\"")).collect();
    plain::warning(
        "fiscal",
        format!(
            "Odoo issues a fiscal document of its own for what is booked: {}. Where the source issues one too, a sale has two.",
            names(&open)
        ),
        format!(
            "Ask whoever keeps the books. If Odoo is to do so, put accept_fiscal_modules = [{}] under [odoo] of the file; else book into a company or database without it.",
            keys.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_module_is_named_with_what_it_does_until_somebody_agrees() {
        let installed = set(&["l10n_fr_pos_cert", "l10n_es_pos", "point_of_sale"]);
        let finding = judge(&installed, &["l10n_es_pos".to_owned()]);
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("l10n_fr_pos_cert chains every order"), "{}", finding.message);
        assert!(!finding.message.contains("l10n_es_pos"), "{}", finding.message);
        assert!(
            finding.fix.as_deref().is_some_and(|fix| fix.contains("[\"l10n_fr_pos_cert\", \"l10n_es_pos\"]"))
        );

        let both = ["l10n_es_pos", "l10n_fr_pos_cert"].map(str::to_owned);
        assert_eq!(judge(&installed, &both).status, Status::Ok);
        assert_eq!(judge(&set(&["point_of_sale"]), &[]).status, Status::Ok);
    }

    #[test]
    fn a_module_is_known_by_its_fields() {
        assert_eq!(by_fields(&set(&["uuid", "l10n_fr_hash"])), set(&["l10n_fr_pos_cert"]));
        assert_eq!(by_fields(&set(&["l10n_sa_reason"])), set(&[]), "it prints a code, and reports nothing");
        assert_eq!(by_fields(&set(&["l10n_sa_invoice_edi_state"])), set(&["l10n_sa_edi_pos"]));
    }
}
