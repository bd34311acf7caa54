//! The models and fields that tillbridge meets, by series.
//!
//! One line a model: its name, then its fields. `name` is a text, `name:type` another plain
//! type, `name>model` a many2one, `name*model` a many2many, `name<model.field` a one2many. A
//! field at the end of which `@14`, `@19` or `@addon` stands is there on that series only, or
//! with the addon. Every model has `id`, `create_date`, `create_uid` and `write_date`.

use std::collections::BTreeMap;

const MODELS: &str = "
res.company name currency_id>res.currency tax_calculation_rounding_method:selection partner_id>res.partner country_id>res.country
res.currency name decimal_places:integer
res.country name phone_code:integer
res.lang code
res.users login
res.partner name ref email email_normalized phone mobile@14 vat lang active:boolean company_id>res.company commercial_partner_id>res.partner external_customer_key@addon
decimal.precision name digits:integer
uom.uom name rounding:float
account.journal name
account.fiscal.position name
account.fiscal.position.tax@14 position_id>account.fiscal.position tax_src_id>account.tax tax_dest_id>account.tax
account.tax name amount_type:selection amount:float price_include:boolean include_base_amount:boolean is_base_affected:boolean@19 sequence:integer children_tax_ids*account.tax type_tax_use:selection tax_group_id>account.tax.group invoice_repartition_line_ids*account.tax.repartition.line refund_repartition_line_ids*account.tax.repartition.line active:boolean company_id>res.company original_tax_ids*account.tax@19 fiscal_position_ids*account.fiscal.position@19
account.tax.group name
account.tax.repartition.line factor_percent:float repartition_type:selection account_id>account.account
account.account name
product.pricelist name
product.template name
product.product name default_code barcode taxes_id*account.tax type:selection is_storable:boolean@19 tracking:selection uom_id>uom.uom active:boolean sale_ok:boolean available_in_pos:boolean company_id>res.company product_tmpl_id>product.template
pos.payment.method name type:selection@19 is_cash_count:boolean journal_id>account.journal@19 cash_journal_id>account.journal@14 use_payment_terminal:selection split_transactions:boolean
pos.config name company_id>res.company currency_id>res.currency payment_method_ids*pos.payment.method invoice_journal_id>account.journal pricelist_id>product.pricelist default_fiscal_position_id>account.fiscal.position cash_rounding:boolean rounding_method>account.cash.rounding only_round_cash_method:boolean active:boolean cash_control:boolean
account.cash.rounding name
account.bank.statement name
pos.session name state:selection cash_register_id>account.bank.statement@14 rescue:boolean config_id>pos.config user_id>res.users update_stock_at_closing:boolean cash_register_balance_start:float cash_register_balance_end:float order_ids<pos.order.session_id start_at:datetime stop_at:datetime
pos.order name state:selection pos_reference session_id>pos.session config_id>pos.config company_id>res.company user_id>res.users partner_id>res.partner fiscal_position_id>account.fiscal.position pricelist_id>product.pricelist date_order:datetime sequence_number:integer amount_total:float amount_tax:float amount_paid:float amount_return:float to_invoice:boolean is_tipped:boolean tip_amount:float account_move>account.move uuid@19 source@19 is_refund:boolean@19 general_customer_note:text@19 note:text@14 lines<pos.order.line.order_id payment_ids<pos.payment.pos_order_id picking_ids<stock.picking.pos_order_id external_order_key@addon external_order_id@addon external_source@addon
account.move name
pos.order.line order_id>pos.order name uuid@19 product_id>product.product full_product_name qty:float price_unit:float discount:float price_subtotal:float price_subtotal_incl:float tax_ids*account.tax customer_note@19 refunded_orderline_id>pos.order.line@19 refunded_qty:float@19
pos.payment pos_order_id>pos.order payment_method_id>pos.payment.method amount:float payment_date:datetime is_change:boolean uuid@19 card_type card_no@19 transaction_id cardholder_name payment_status
stock.picking name pos_order_id>pos.order pos_session_id>pos.session state:selection
stock.move picking_id>stock.picking product_id>product.product state:selection quantity:float@19 quantity_done:float@14
";

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A value as it is, of this type.
    Plain(&'static str),
    /// A record of this model.
    One(&'static str),
    /// Records of this model.
    Many(&'static str),
    /// The records of this model whose field names the record.
    Inverse(&'static str, &'static str),
}

/// The fields of each model.
#[derive(Debug, Clone)]
pub struct Schema(BTreeMap<&'static str, BTreeMap<&'static str, Kind>>);

impl Schema {
    /// Of a series (14 or 19), with the addon or without it.
    pub fn of(series: u8, addon: bool) -> Self {
        let models = MODELS.lines().filter_map(|line| {
            let mut words = line.split_whitespace().filter_map(|word| here(word, series, addon));
            let model = words.next()?;
            let own = words.map(field);
            let any = [("id", "integer"), ("create_date", "datetime"), ("write_date", "datetime")];
            let any = any.into_iter().map(|(name, kind)| (name, Kind::Plain(kind)));
            Some((model, own.chain(any).chain([("create_uid", Kind::One("res.users"))]).collect()))
        });
        Self(models.collect())
    }

    /// The fields of a model; `None` where there is no such model.
    pub fn fields(&self, model: &str) -> Option<&BTreeMap<&'static str, Kind>> {
        self.0.get(model)
    }
}

/// The word without its mark, where it holds here.
fn here(word: &'static str, series: u8, addon: bool) -> Option<&'static str> {
    match word.split_once('@') {
        None => Some(word),
        Some((name, "addon")) => addon.then_some(name),
        Some((name, mark)) => (mark == series.to_string()).then_some(name),
    }
}

fn field(word: &'static str) -> (&'static str, Kind) {
    if let Some((name, inverse)) = word.split_once('<') {
        let (model, field) = inverse.rsplit_once('.').expect("model.field");
        return (name, Kind::Inverse(model, field));
    }
    if let Some((name, model)) = word.split_once('>') {
        return (name, Kind::One(model));
    }
    if let Some((name, model)) = word.split_once('*') {
        return (name, Kind::Many(model));
    }
    word.split_once(':').map_or((word, Kind::Plain("char")), |(name, kind)| (name, Kind::Plain(kind)))
}

/// The name of a type as `fields_get` tells it.
pub fn type_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Plain(name) => name,
        Kind::One(_) => "many2one",
        Kind::Many(_) => "many2many",
        Kind::Inverse(..) => "one2many",
    }
}
