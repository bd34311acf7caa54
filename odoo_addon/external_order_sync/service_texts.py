"""The sentences of the service, as templates. Made from its sources by .ci/templates: not to be edited."""

from odoo.tools.translate import _lt

# For the export of this app's texts alone: external_order_said looks up their translations, and fills in
# what stands in braces.
TEXTS = [
    _lt("Add the method to the shop, or map {code} to one of: {methods}."),
    _lt(
        "Archive the surplus ones in Odoo, or put the right tax on the products; the order then books itself."
    ),
    _lt("Ask whoever runs the source."),
    _lt("Book it again: tillbridge orders rebook. The refund follows it."),
    _lt("Change the taxes of the product in Odoo."),
    _lt("Compare both versions and correct the order in Odoo where needed."),
    _lt(
        "Compare the order in Odoo with the source and correct it there; it is looked at again in every pass."
    ),
    _lt(
        "Compare the refund with its sale and with the refunds already booked in Odoo."
    ),
    _lt(
        "Complete it at its source. Or book it as it is: tillbridge orders complete ID. Or close it: tillbridge orders ignore ID --reason TEXT."
    ),
    _lt("Complete the payment method in Odoo, or map the tender to another one."),
    _lt("Correct it at its source. {again}"),
    _lt("Correct it at the source; the order is read again when it comes again."),
    _lt("Correct the order at its source."),
    _lt("Correct the payments at the source; the order then books itself."),
    _lt("Correct the product in Odoo; the order then books itself."),
    _lt(
        "Correct the sync's product mapping, or the product in Odoo; the order then books itself."
    ),
    _lt("Correct the tax id in Odoo or at the source; nothing is overwritten here."),
    _lt(
        "Create the product in Odoo (available in Point of Sale), or give an existing one this name, barcode or internal reference; the order then books itself."
    ),
    _lt(
        "Create the tax in Odoo, or correct it at the source; the order then books itself."
    ),
    _lt("Fetch it again: tillbridge fetch {id}"),
    _lt("Give the sync a shop for orders without a listed location."),
    _lt(
        'Give the sync a shop of its own (tillbridge shop create), or allow it: shared_shop_cash ("Cash in a Shop with Cashiers" in Odoo).'
    ),
    _lt("GrandTotal {total} has more decimals than {currency} has."),
    _lt(
        "If the source's item ids are not Odoo's record ids, take them out of the sync's product matching; otherwise correct the product in Odoo."
    ),
    _lt(
        "Install wkhtmltopdf on Odoo's server, or switch invoicing off; the order is sent again now and then, at once by: tillbridge orders retry ID."
    ),
    _lt("Its sale {sale_id} is not booked because it needs somebody."),
    _lt("Its sale {sale_id} is not booked yet."),
    _lt("Its sale {sale_id} was booked and is gone from Odoo."),
    _lt("Line {line}"),
    _lt("Line {line}, component {component}"),
    _lt(
        "List the location {location} with its shop in the sync, or give the sync a shop for all other locations."
    ),
    _lt("Make it unique in Odoo, for example by archiving or renaming the others."),
    _lt(
        "Make the source send it, or let the sync book such lines without moving stock (lot_policy)."
    ),
    _lt(
        "Make the source send the sale, or book both in Odoo by hand and close it here: tillbridge orders ignore ID --reason TEXT. The sync can decide it for all such refunds (refund_without_sale)."
    ),
    _lt("Map it in the sync's payment mapping to one of: {methods}."),
    _lt("No session is open in the shop {shop}, and opening one automatically is off."),
    _lt("No shop takes the orders of the location {location}."),
    _lt("Nothing to do, unless the sync should start earlier."),
    _lt("Nothing to do, unless this register belongs to the sync."),
    _lt("Nothing to do."),
    _lt("Nothing to do: it is booked once the source shows it completed and paid."),
    _lt("Nothing to do: it is looked up in Odoo before anything is sent again."),
    _lt("Nothing to do: it is refunded if the source cancels it again."),
    _lt("Nothing to do: it is tried again by itself."),
    _lt("Nothing to do: the customer is looked up before it is created again."),
    _lt("Nothing to do: the refund follows its sale."),
    _lt("Nothing to do: the sync leaves such refunds out."),
    _lt("Nothing to do: there is nothing to give back."),
    _lt("Odoo did not take the order: {because}."),
    _lt("Odoo does not open a session of the shop {shop}: {fault}"),
    _lt(
        "Odoo gave no clear answer when the customer was created, so it may be there or not."
    ),
    _lt("Odoo gave no clear answer, so the order may be booked or not."),
    _lt("Odoo holds this order as {name} in the state {state}."),
    _lt(
        "Odoo holds this order as {name} with a total of {booked}, paid {paid}, instead of {total}."
    ),
    _lt("Odoo refused the order: {fault}"),
    _lt(
        'Open a session of this shop in Odoo, or switch on "Open sessions automatically" in the sync.'
    ),
    _lt(
        "Open the order in Odoo and pay or delete it there; it is looked at again in every pass."
    ),
    _lt("Put it right in Odoo. {again}"),
    _lt("Put it right in Odoo; the orders are kept and book themselves then."),
    _lt("Put the order {sale_id} right; the refund follows it."),
    _lt(
        'Raise the decimals of "Product Unit" in Odoo (Settings → Technical → Decimal Accuracy), or the precision of the product\'s unit of measure; the order then books itself.'
    ),
    _lt("Raise the limit there (nginx: client_max_body_size). {again}"),
    _lt(
        "Refund it in Odoo by hand, and close this one: tillbridge orders ignore ID --reason TEXT"
    ),
    _lt(
        "Set the account of the tax's distribution in Odoo (Accounting → Configuration → Taxes); the order then books itself."
    ),
    _lt(
        "Take the customer taxes off the rounding product in Odoo; the order then books itself."
    ),
    _lt("Tender {number} without payment mode or card type"),
    _lt("Tender {number}, {card}, {code},"),
    _lt("Tender {number}, {one},"),
    _lt("The cancelled sale is not one that can be given back as a whole."),
    _lt(
        "The order alone is larger than what Odoo, or a proxy before it, takes: {error}."
    ),
    _lt("The order cannot be sent to Odoo: {error}."),
    _lt(
        "The order changed at its source after it was booked; Odoo holds the earlier version."
    ),
    _lt("The order is in {currency}, but the shop {shop} sells in {other}."),
    _lt("The order is not completed at its source (status {code})."),
    _lt("The order is not fully paid yet (still owed: {owed})."),
    _lt(
        "The order is paid in cash, and the shop {shop} is used by others too ({why}): its cash would be missing in their drawer."
    ),
    _lt(
        "The order is sent again when that changes what is sent, and now and then besides; at once by: tillbridge orders retry ID."
    ),
    _lt("The order names no location, and no shop takes such orders."),
    _lt("The order was booked, and Odoo holds it no more."),
    _lt("The order's status is {code}: it is not completed."),
    _lt("The refund of {amount} is more than the {left} that {sale} has left."),
    _lt("The register {register} is not in the sync's list."),
    _lt("The sale of {sale} lies before the sync's start date {start}."),
    _lt("The source cancelled the order."),
    _lt("The source cancelled the sale {sale_id}, and Odoo does not hold it any more."),
    _lt("The source cancelled this order."),
    _lt("The source shows the sale {sale_id} as sold again: it is not refunded."),
    _lt(
        "The tenders sum to {sum}, or {with_tips} with their tips, and neither is the total {total}."
    ),
    _lt("The tenders sum to {sum}, which is {apart} less than the total {total}."),
    _lt(
        "The tenders sum to {sum}, which is {apart} more than the total {total}, and there is no cash to give change from."
    ),
    _lt(
        "This is a refund, but its sale {sale_id} was never booked: booking the negative alone would be wrong by the whole total."
    ),
    _lt("Use a percentage or fixed tax on the products of this shop."),
    _lt("Use a shop with that currency for this sync."),
    _lt(
        "Was a backup of Odoo restored, or the order deleted? Book it again with: tillbridge orders rebook"
    ),
    _lt("What the source sent of this order aged out: it is not kept any more."),
    _lt("an item without name or id"),
    _lt("customer {was} → {now}"),
    _lt("paid by {name}: {was} → {now}"),
    _lt("payment mode {mode}"),
    _lt("payment mode {mode} ({word})"),
    _lt("shop {was} → {now}"),
    _lt("tax {was} → {now}"),
    _lt("taxes of {label}: {was} → {now}"),
    _lt("total {was} → {now}"),
    _lt(
        "{cured} orders would be booked that are not now, {refused} not any more, {differing} otherwise; {still} still not."
    ),
    _lt("{label}: {was} → {now}"),
    _lt("{place}: no product in Odoo matches {item}."),
    _lt("{place}: {message}"),
    _lt("{place}{name} is missing."),
    _lt(
        "{tender} fits no payment method of the shop {shop}, and credit, gift cards, vouchers and points are never booked on another method."
    ),
    _lt(
        "{tender} fits no payment method of the shop {shop}, and none of its methods may stand in."
    ),
    _lt("{tender} fits no payment method of the shop {shop}."),
    _lt(
        "{tender} is mapped to the payment method {method}, which the shop {shop} does not have."
    ),
    _lt("{why} It waits since {since}, for more than {days} days."),
]
