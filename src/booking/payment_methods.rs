//! Which payment method a tender is booked on.

use crate::order::{Code, Refusal, SubjectKind, Tender, Text};
use crate::shop::{MethodKind, PaymentMethod, Shop};
use crate::text;

use super::{Customers, Fallback, MethodRef, PaymentRule, Rules};

/// Names that are one word although they are written as two: "Card" is not "Gift Card".
const COMPOUNDS: [(&str, &str); 14] = [
    ("apple", "pay"),
    ("bank", "transfer"),
    ("credit", "card"),
    ("credit", "note"),
    ("customer", "account"),
    ("debit", "card"),
    ("fuel", "card"),
    ("gift", "card"),
    ("gift", "voucher"),
    ("google", "pay"),
    ("loyalty", "card"),
    ("meal", "card"),
    ("stc", "pay"),
    ("store", "credit"),
];

/// Tenders that are promises rather than money: never booked on a fallback method.
const NEVER_FALLBACK: [&str; 12] = [
    "credit",
    "customeraccount",
    "onaccount",
    "storecredit",
    "creditnote",
    "giftcard",
    "giftvoucher",
    "voucher",
    "coupon",
    "points",
    "loyalty",
    "loyaltycard",
];

/// The word of a source's payment code.
const fn mode_word(mode: i64) -> Option<&'static str> {
    Some(match mode {
        1 => "Cash",
        2 => "Card",
        3 => "Credit",
        5 => "Tabby",
        6 => "Tamara",
        7 => "StcPay",
        8 => "Bank Transfer",
        _ => return None,
    })
}

/// The method of a tender, and a warning where it is only a fallback.
pub(super) fn choose<'s>(
    tender: &Tender,
    number: usize,
    shop: &'s Shop,
    rules: &Rules,
) -> Result<(&'s PaymentMethod, Option<Text>), Refusal> {
    let words: Vec<String> = [
        tender.card_type.clone(),
        tender.mode.map(|mode| mode.to_string()),
        tender.mode.and_then(mode_word).map(str::to_owned),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mapped = rules.payment_map.iter().find(|rule| {
        let code = squeeze(&rule.code);
        words.iter().any(|word| squeeze(word) == code)
    });
    if let Some(rule) = mapped {
        let method = mapped_method(rule, shop).ok_or_else(|| {
            let name = match &rule.method {
                MethodRef::Id(id) => format!("id {id}"),
                MethodRef::Name(name) => format!("\"{name}\""),
            };
            Refusal::new(
                Code::UnknownPayment,
                text!(
                    "{tender} is mapped to the payment method {method}, which the shop {shop} does not have.",
                    tender = describe(tender, number),
                    method = name,
                    shop = &shop.name,
                ),
                text!(
                    "Add the method to the shop, or map {code} to one of: {methods}.",
                    code = &rule.code,
                    methods = method_names(shop),
                ),
            )
            .about(SubjectKind::Payment, Some(&rule.code))
        })?;
        return usable(method, tender, number, rules).map(|()| (method, None));
    }
    // A code such as "2" is a name to nobody: only its word is compared.
    let named = [tender.card_type.as_deref(), tender.mode.and_then(mode_word)];
    for word in named.into_iter().flatten() {
        if let Some(method) = by_name(word, shop) {
            return usable(method, tender, number, rules).map(|()| (method, None));
        }
    }
    fallback(tender, number, &words, shop, rules)
}

/// The shop's method that a rule names.
pub fn mapped_method<'s>(rule: &PaymentRule, shop: &'s Shop) -> Option<&'s PaymentMethod> {
    method_of(&rule.method, &shop.methods)
}

/// The method that is meant, of these.
pub fn method_of<'m>(named: &MethodRef, methods: &'m [PaymentMethod]) -> Option<&'m PaymentMethod> {
    methods.iter().find(|method| match named {
        MethodRef::Id(id) => method.id == *id,
        MethodRef::Name(name) => squeeze(&method.name) == squeeze(name),
    })
}

/// The one method whose name is the word, else the one method whose name or journal
/// contains it as a whole word, else (for cash) the one method of that kind.
fn by_name<'s>(word: &str, shop: &'s Shop) -> Option<&'s PaymentMethod> {
    let one = |fits: &dyn Fn(&PaymentMethod) -> bool| {
        let mut found = shop.methods.iter().filter(|method| fits(method));
        found.next().filter(|_| found.next().is_none())
    };
    let wanted = squeeze(word);
    one(&|method| squeeze(&method.name) == wanted)
        .or_else(|| {
            one(&|method| {
                let journal = method.journal.as_deref().unwrap_or_default();
                tokens(&method.name).contains(&wanted) || tokens(journal).contains(&wanted)
            })
        })
        .or_else(|| if wanted == "cash" { one(&|method| method.kind == MethodKind::Cash) } else { None })
}

fn fallback<'s>(
    tender: &Tender,
    number: usize,
    words: &[String],
    shop: &'s Shop,
    rules: &Rules,
) -> Result<(&'s PaymentMethod, Option<Text>), Refusal> {
    let what = describe(tender, number);
    let refuse = |message: Text| {
        Refusal::new(
            Code::UnknownPayment,
            message,
            text!("Map it in the sync's payment mapping to one of: {methods}.", methods = method_names(shop)),
        )
        .about(SubjectKind::Payment, words.first().map(String::as_str))
    };
    if words.iter().any(|word| is_promise(word)) {
        return Err(refuse(text!(
            "{tender} fits no payment method of the shop {shop}, and credit, gift cards, vouchers and points are never booked on another method.",
            tender = what,
            shop = &shop.name,
        )));
    }
    if rules.payment_fallback == Fallback::Ask {
        return Err(refuse(text!(
            "{tender} fits no payment method of the shop {shop}.",
            tender = what,
            shop = &shop.name,
        )));
    }
    let is_cash = words.iter().any(|word| squeeze(word) == "cash");
    let suits = |method: &&PaymentMethod| {
        method.kind != MethodKind::PayLater
            && method.terminal.is_none()
            && !method.needs_customer()
            && !method.lacks_journal
            && !is_promise(&method.name)
    };
    let like = |method: &&PaymentMethod| (method.kind == MethodKind::Cash) == is_cash;
    let method = shop
        .methods
        .iter()
        .find(|method| suits(method) && like(method))
        .or_else(|| shop.methods.iter().find(suits))
        .ok_or_else(|| {
            refuse(text!(
                "{tender} fits no payment method of the shop {shop}, and none of its methods may stand in.",
                tender = &what,
                shop = &shop.name,
            ))
        })?;
    let warning = text!(
        "{tender} fits no payment method: booked on {method}, the first available.",
        tender = what,
        method = &method.name,
    );
    Ok((method, Some(warning)))
}

/// Whether a tender or method of this name is a promise rather than money.
fn is_promise(name: &str) -> bool {
    NEVER_FALLBACK.contains(&squeeze(name).as_str())
        || tokens(name).iter().any(|token| NEVER_FALLBACK.contains(&token.as_str()))
}

/// Why nothing can be booked on a payment method; `None` when it can.
pub fn what_it_lacks(method: &PaymentMethod, rules: &Rules) -> Option<Text> {
    if method.needs_customer() && rules.customers.customers == Customers::Ignore {
        Some(text!("it needs a customer, and the sync leaves customers out"))
    } else if method.lacks_journal && method.kind != MethodKind::PayLater {
        Some(text!("it has no journal"))
    } else {
        None
    }
}

fn usable(method: &PaymentMethod, tender: &Tender, number: usize, rules: &Rules) -> Result<(), Refusal> {
    let Some(lack) = what_it_lacks(method, rules) else { return Ok(()) };
    let named = tender.card_type.clone().or_else(|| tender.mode.map(|mode| mode.to_string()));
    Err(Refusal::new(
        Code::UnusablePayment,
        text!(
            "{tender} belongs to the payment method {method}, which cannot be used: {lack}.",
            tender = describe(tender, number),
            method = &method.name,
            lack,
        ),
        text!("Complete the payment method in Odoo, or map the tender to another one."),
    )
    .about(SubjectKind::Payment, named.as_deref()))
}

fn describe(tender: &Tender, number: usize) -> Text {
    let code = tender.mode.map(|mode| match mode_word(mode) {
        Some(word) => text!("payment mode {mode} ({word})", mode = mode.to_string(), word),
        None => text!("payment mode {mode}", mode = mode.to_string()),
    });
    let card = tender.card_type.as_ref().map(|name| text!("“{name}”", name));
    match (card, code) {
        (None, None) => text!("Tender {number} without payment mode or card type", number),
        (Some(one), None) | (None, Some(one)) => text!("Tender {number}, {one},", number, one),
        (Some(card), Some(code)) => text!("Tender {number}, {card}, {code},", number, card, code),
    }
}

fn method_names(shop: &Shop) -> String {
    shop.methods.iter().map(|method| method.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Letters and digits only, in lower case: `STC Pay`, `StcPay` and `stc-pay` are one name.
fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a name in lower case, compounds joined.
fn tokens(text: &str) -> Vec<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let mut tokens = Vec::with_capacity(words.len());
    let mut rest = words.as_slice();
    while let [first, after @ ..] = rest {
        match after {
            [second, after @ ..] if COMPOUNDS.contains(&(first.as_str(), second.as_str())) => {
                tokens.push(format!("{first}{second}"));
                rest = after;
            }
            _ => {
                tokens.push(first.clone());
                rest = after;
            }
        }
    }
    tokens
}
