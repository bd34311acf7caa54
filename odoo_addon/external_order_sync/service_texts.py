"""The sentences of the service, as templates. Made from its sources by .ci/templates: not to be edited."""

from odoo.tools.translate import _lt

# For the export of this app's texts alone: external_order_speech looks up their translations, and fills in
# what stands in braces.
TEXTS = [
    _lt("1 day checked: {lights}."),
    _lt("1 needs you"),
    _lt("1 order that was booked is gone from Odoo (sum {sum})."),
    _lt("1 order that was booked is gone from Odoo (sum {sum}, sold {first})."),
    _lt("1 payment is mapped."),
    _lt("1 product is mapped."),
    _lt("A page of the source cannot be read: {error}"),
    _lt("A page of the source cannot be read: {error}."),
    _lt("A session waits for its opening control; that is done with the first order."),
    _lt(
        "API keys expire: log in to Odoo as that user, make a new key (Preferences → Security) and put it in the configuration file."
    ),
    _lt(
        "Add a cash method to the shop in Odoo (Point of Sale → Configuration → Settings), unless its source never gives change."
    ),
    _lt(
        "Add a payment method with a cash or bank journal to the shop in Odoo (Point of Sale → Configuration → Settings)."
    ),
    _lt(
        "Add a payment method without a journal (Customer Account) to the shop in Odoo, or let part-paid orders wait."
    ),
    _lt(
        "Add payment methods to the shop in Odoo (Point of Sale → Configuration → Settings)."
    ),
    _lt(
        "Add the customer to the order at its source, or map the payment to another method."
    ),
    _lt("Add the method to the shop, or map to one of: {methods}."),
    _lt("Add the method to the shop, or map {code} to one of: {methods}."),
    _lt("Adopted: it was in Odoo already, as {name}."),
    _lt("All {count} orders that the source shows since {since}."),
    _lt("All {count} orders that the source shows."),
    _lt("And {more} more reasons: tillbridge orders"),
    _lt("And {more} more."),
    _lt("And {more} more: tillbridge orders --state refused,conflict,waiting"),
    _lt("Another sync is running; this one follows it."),
    _lt("Another tillbridge works on the shop {shop}: {holder}."),
    _lt(
        "Another tillbridge works on this Odoo ({holder}), which would not refuse an order that both send."
    ),
    _lt(
        "Archive the surplus ones in Odoo, or put the right tax on the products; the order then books itself."
    ),
    _lt(
        "Ask the source for smaller pages: set page_size and page_size_param of the sync."
    ),
    _lt("Ask whoever runs the source."),
    _lt("Asking the source for orders."),
    _lt("Asking the source for them."),
    _lt("Book it again: tillbridge orders rebook. The refund follows it."),
    _lt(
        'Book it nevertheless with: tillbridge orders --release {id} — or all such orders by late_orders = "book" ("Order of a Closed Day" in Odoo).'
    ),
    _lt("Booked as {name}."),
    _lt("Booked in the session of {day}, which is still open."),
    _lt(
        "Booked with the tax that the source states ({rates}) instead of the products' own."
    ),
    _lt("Booked without a customer. {why}"),
    _lt("Cancelled after {done} of {of}. The rest goes on with the next pass."),
    _lt("Cancelled before it began."),
    _lt("Cancelled."),
    _lt("Cancelled. The rest goes on with the next pass."),
    _lt("Change can be given."),
    _lt("Change the taxes of the product in Odoo."),
    _lt("Check again."),
    _lt("Check fewer days at a time, with --from and --to."),
    _lt(
        "Check host and port, and that the source is running. It is tried again by itself."
    ),
    _lt("Check that Odoo runs, and try again."),
    _lt(
        "Check that the address and port serve https and that the source's certificate is valid for this host."
    ),
    _lt(
        "Check that the address is the API's and not a web page's, and that the key is valid: many systems answer with their login page."
    ),
    _lt("Check that the file holds orders, as JSON or NDJSON."),
    _lt(
        "Check that the sync's address is that of the source's order list, and that its key is right."
    ),
    _lt(
        "Check that the sync's url is that of the source's order list, and that its key is right."
    ),
    _lt(
        "Check the API user's rights and companies in Odoo; if they are right, see Odoo's log."
    ),
    _lt("Check the API user's rights with: tillbridge doctor"),
    _lt("Check the API user's rights."),
    _lt("Check the disk that the store is on."),
    _lt(
        "Check the network between this machine and the source. It is tried again by itself."
    ),
    _lt(
        "Check the paging setting against the source's documentation; set it to none if the source has no pages."
    ),
    _lt(
        "Check the paging setting; if there really are that many, set a later start date, larger pages or a higher max_pages."
    ),
    _lt("Check the path of the source's address."),
    _lt("Check the source's address and the names of its parameters."),
    _lt("Check the spelling of {host} and this machine's name resolution."),
    _lt(
        "Check the sync's setting for prices with or without tax, and the products' taxes in Odoo."
    ),
    _lt("Choose an existing shop, and check the API user's companies."),
    _lt("Choose another cash rounding for the shop in Odoo."),
    _lt("Choose “Round per Line” or “Round per Tax” in Odoo's accounting settings."),
    _lt("Close it in Odoo."),
    _lt("Closed by {by}: {reason}"),
    _lt("Closing the sessions."),
    _lt("Compare both versions and correct the order in Odoo if needed."),
    _lt("Compare both versions and correct the order in Odoo where needed."),
    _lt("Compare both: sell it again in Odoo if the source is right."),
    _lt("Compare the order in Odoo with its source, and correct it there."),
    _lt(
        "Compare the order in Odoo with its source: one of them was edited. Correct it in Odoo."
    ),
    _lt(
        "Compare the order in Odoo with the source and correct it there; it is looked at again in every pass."
    ),
    _lt(
        "Compare the order's lines, discounts, charges and taxes with the products' taxes in Odoo; the order books itself once they agree."
    ),
    _lt(
        "Compare the refund with its sale and with the refunds already booked in Odoo."
    ),
    _lt(
        "Complete it at its source. Or book it as it is: tillbridge orders complete ID. Or close it: tillbridge orders ignore ID --reason TEXT."
    ),
    _lt("Complete the payment method in Odoo, or map the tender to another one."),
    _lt(
        "Complete them at their source, or decide: tillbridge orders complete ID, tillbridge orders ignore ID --reason TEXT."
    ),
    _lt("Component {number}"),
    _lt("Correct it at its source. {again}"),
    _lt("Correct it at the source; the order is read again when it comes again."),
    _lt(
        "Correct the address; if {host} is meant, add it to allow under [network] in tillbridge.toml."
    ),
    _lt(
        "Correct the customer taxes of the products in Odoo, or the tax at the source; the order then books itself."
    ),
    _lt("Correct the order at its source."),
    _lt("Correct the payments at the source; the order then books itself."),
    _lt("Correct the product in Odoo; the order then books itself."),
    _lt(
        "Correct the sync's product mapping, or the product in Odoo; the order then books itself."
    ),
    _lt("Correct the sync's product mapping, or the products in Odoo."),
    _lt("Correct the tax id in Odoo or at the source; nothing is overwritten here."),
    _lt(
        "Correct these orders in Odoo, or have a manager close the session there and post the difference."
    ),
    _lt("Create the customer in Odoo by hand."),
    _lt(
        "Create the customer in Odoo with this reference, e-mail address or phone number, or let the sync create customers (customers)."
    ),
    _lt(
        "Create the product in Odoo (available in Point of Sale), or give an existing one this name, barcode or internal reference; the order then books itself."
    ),
    _lt(
        "Create the tax in Odoo, or correct it at the source; the order then books itself."
    ),
    _lt(
        "Credited to the customer of the invoice of {sale}, who is not the customer that the refund names."
    ),
    _lt("Customers are found, and never created or changed."),
    _lt("Customers are found, or created."),
    _lt("Customers are left out."),
    _lt("Deliveries that are not done: {deliveries}."),
    _lt(
        "Enter a valid key of the source, and check the header it expects (Authorization: Bearer or X-API-Key) and that the key may read orders."
    ),
    _lt("Enter it again without line breaks or special characters."),
    _lt("Entry {entry} of {day}."),
    _lt("Everything is in order."),
    _lt("Fetch it again: tillbridge fetch {id}"),
    _lt(
        "Fetch it: tillbridge reconcile --repair, or the button Fetch the missing in Odoo."
    ),
    _lt("Finish closing it in Odoo."),
    _lt(
        "Finish opening it in Odoo, or switch on auto_open_session (in Odoo: “Open sessions automatically”)."
    ),
    _lt(
        "Finish opening it in Odoo, or switch on “Open sessions automatically” in the sync."
    ),
    _lt("From {from} to {to} are more than {most} days."),
    _lt("Give another date."),
    _lt("Give it the companies of these shops (tillbridge doctor says which)."),
    _lt("Give other days, with --from and --to."),
    _lt(
        'Give the API user the access right "Billing" (group account.group_account_invoice) in Odoo (Settings → Users).'
    ),
    _lt(
        "Give the full address of the source's order list, such as https://shop.example/api/orders, and the key in its own setting."
    ),
    _lt("Give the source's https address as url."),
    _lt("Give the sync a shop for orders without a listed location."),
    _lt(
        'Give the sync a shop of its own (tillbridge shop create), or allow it: shared_shop_cash ("Cash in a Shop with Cashiers" in Odoo).'
    ),
    _lt(
        "Give the sync a shop of its own (tillbridge shop create), or set shared_shop_cash."
    ),
    _lt("Give the sync a shop of its own: tillbridge shop create"),
    _lt(
        'Give {user} the access right "Contact Creation" (group base.group_partner_manager) in Odoo (Settings → Users), or let the sync only find customers.'
    ),
    _lt(
        'Give {user} the access right "Contact Creation" (group base.group_partner_manager) in Odoo (Settings → Users).'
    ),
    _lt(
        "Give {user} the access right Inventory: User (group stock.group_stock_user) in Odoo (Settings → Users)."
    ),
    _lt("GrandTotal {total} has more decimals than {currency} has."),
    _lt(
        "If it is the same, close it here: tillbridge orders ignore ID --reason TEXT. If not, let the sync book it by switching off the adoption of orders that are in Odoo already (adopt_existing)."
    ),
    _lt("If that is the source, configure {target} as its address."),
    _lt(
        "If the source's item ids are not Odoo's record ids, take them out of the sync's product matching; otherwise correct the product in Odoo."
    ),
    _lt(
        "In Odoo, tick Point of Sale on the products (Point of Sale → Products → Products)."
    ),
    _lt(
        "Install or upgrade the addon External Order Sync in Odoo, or create a product with this internal reference; the order then books itself."
    ),
    _lt(
        "Install the system's certificate authorities (package ca-certificates) and try again."
    ),
    _lt(
        "Install wkhtmltopdf on Odoo's server, or switch invoicing off; the order is sent again now and then, at once by: tillbridge orders retry ID."
    ),
    _lt("Invoice {name} is posted."),
    _lt("It changed at its source after it was booked as {name}."),
    _lt("It ended by an error in tillbridge itself; its log says where."),
    _lt("It has no closing entry although money was taken."),
    _lt("It is booked already."),
    _lt("It is queued and follows with the next pass."),
    _lt(
        "It is queued, but its sync is switched off or cannot run: put that right first."
    ),
    _lt("It is queued."),
    _lt("It is tried again by itself. If it stays, ask whoever runs the source."),
    _lt(
        "It is tried again by itself. If it stays, the source or a proxy before it cuts its answers short."
    ),
    _lt("It is {state}."),
    _lt("It said: {said}"),
    _lt("It stands in Odoo as {name} with {booked}, instead of {total}."),
    _lt("It stands in Odoo as {name}, and the source does not show it."),
    _lt(
        "It stands in Odoo as {name}, and what the source shows of it now cannot be read."
    ),
    _lt("It stands in Odoo as {name}, which is not paid ({state})."),
    _lt("It stands in Odoo in the shop {shop}, as {name}."),
    _lt(
        "It stands in the session {session}, not in the one it was sent to, which was closed meanwhile."
    ),
    _lt("It takes the orders of these locations: {locations}."),
    _lt("It was sent to Odoo, which gave no clear answer yet."),
    _lt("It was sold after the source was last asked."),
    _lt("It was sold on {sold} and stands in Odoo on {day} as {name}."),
    _lt(
        "Its API address cannot be used ({error}). Enter the full address of the source's order list."
    ),
    _lt(
        "Its address of a single order {error}. Correct it in the sync's form, or leave it empty."
    ),
    _lt("Its customer could be any of these, by their {by}: {customers}."),
    _lt(
        "Its customer is not in Odoo, and the API user {user} may not create customers."
    ),
    _lt("Its customer {customer} is not in Odoo."),
    _lt("Its drawer differs by {amount}."),
    _lt("Its entry carries the date {date} instead of {day}."),
    _lt("Its entry holds a difference of {difference}."),
    _lt("Its entry holds a difference of {difference}: {lines}."),
    _lt("Its entry would not balance. No order of it could be found that is to blame."),
    _lt("Its entry would not balance. The orders to blame: {orders}."),
    _lt("Its entry {entry} is not balanced."),
    _lt("Its entry {entry} is not posted."),
    _lt("Its goods are moved when the session is closed."),
    _lt("Its goods were moved."),
    _lt("Its list was read again from {from} on."),
    _lt("Its list was read again from {from} to {to}."),
    _lt("Its refund is queued."),
    _lt("Its refund: {why}"),
    _lt("Its rounding limit {limit} is not an amount such as 0.01."),
    _lt("Its sale {sale_id} is not booked because it needs somebody."),
    _lt("Its sale {sale_id} is not booked yet."),
    _lt("Its sale {sale_id} was booked and is gone from Odoo."),
    _lt("Its setting {error}."),
    _lt("Its source id is empty. Enter one in the sync's form."),
    _lt("Its source is being fetched by {holder}."),
    _lt("Its start date {date} cannot be read."),
    _lt("Its time zone {zone} is not known to the service. Choose another one."),
    _lt("Its tips of {tips} neither lie within the total nor on top of it."),
    _lt("Late: sold on {day}, booked on {entry}: {late}."),
    _lt("Leave one pay-later method in the shop, or let part-paid orders wait."),
    _lt(
        "Let one service book into this shop: stop the other one, or give this one another shop."
    ),
    _lt(
        "Let one service book into this shop: stop the other one, or give this one another shop. When the other one has ended without a word, the shop is free after five minutes. Nothing is lost: the orders are kept."
    ),
    _lt(
        "Let the sync find customers, or create them (customers), or switch invoicing off."
    ),
    _lt("Let the sync find customers, or create them (customers)."),
    _lt("Line {line}"),
    _lt(
        "Line {line} returns {quantity}, which is more than {sale} has left of this product."
    ),
    _lt("Line {line}, component {component}"),
    _lt(
        "List the location {location} with its shop in the sync, or give the sync a shop for all other locations."
    ),
    _lt("Look at the order at its source."),
    _lt("Look at the order in Odoo: pay it there, or refund it at its source."),
    _lt("Look at the session and its entry in Odoo."),
    _lt("Look at the session in Odoo and open it there."),
    _lt("Looking at the source and the shop."),
    _lt("Make it unique in Odoo, for example by archiving or renaming the others."),
    _lt(
        "Make the internal reference unique in Odoo, for example by archiving the others."
    ),
    _lt(
        "Make the source send it, or let the sync book such lines without moving stock (lot_policy)."
    ),
    _lt(
        "Make the source send the sale, or book both in Odoo by hand and close it here: tillbridge orders ignore ID --reason TEXT. The sync can decide it for all such refunds (refund_without_sale)."
    ),
    _lt("Map it in the sync's payment mapping to one of: {methods}."),
    _lt(
        "Merge these customers in Odoo, or give them different references, e-mail addresses and phone numbers."
    ),
    _lt("Next try: {when}."),
    _lt("No HTTP client could be made for {url}: {detail}."),
    _lt("No answer from {url}: {detail}."),
    _lt("No orders can be read: {error}."),
    _lt("No other tillbridge books into the shop."),
    _lt("No payment can be booked in this shop ({reasons})."),
    _lt("No payments are mapped: their methods are found by name."),
    _lt("No product can be sold in this shop."),
    _lt("No product of this shop has lots or serial numbers."),
    _lt("No products are mapped: they are found by their ids, codes and names."),
    _lt("No secure connection to {url}: {detail}."),
    _lt("No session is open in the shop {shop}, and opening one automatically is off."),
    _lt(
        "No session is open, and opening one automatically is off: orders wait until somebody opens one."
    ),
    _lt("No session is open; one is opened with the first order."),
    _lt("No shop takes the orders of the location {location}."),
    _lt("Nobody else uses the shop."),
    _lt("Not at the source: {ids}."),
    _lt(
        "Nothing if it stays the exception: it is tried again by itself. Otherwise ask the source for smaller pages or raise the time limit."
    ),
    _lt("Nothing is lost: it is tried again with the next pass."),
    _lt("Nothing is lost: the next pass goes on. Please report it with the log."),
    _lt("Nothing is lost: the orders are kept and tried again. Check that Odoo runs."),
    _lt("Nothing to do if that is right; the source does not know of it."),
    _lt("Nothing to do, unless the sync should start earlier."),
    _lt("Nothing to do, unless this register belongs to the sync."),
    _lt("Nothing to do."),
    _lt("Nothing to do. It is opened again by: tillbridge orders reopen ID"),
    _lt("Nothing to do: it is booked once the source shows it completed and paid."),
    _lt("Nothing to do: it is booked once the source shows it completed."),
    _lt("Nothing to do: it is booked with the next pass."),
    _lt("Nothing to do: it is looked up before anything is sent again."),
    _lt("Nothing to do: it is looked up in Odoo before anything is sent again."),
    _lt("Nothing to do: it is not booked."),
    _lt("Nothing to do: it is refunded if the source cancels it again."),
    _lt("Nothing to do: it is tried again by itself."),
    _lt("Nothing to do: it is tried again."),
    _lt("Nothing to do: the customer is looked up before it is created again."),
    _lt("Nothing to do: the next pass books its refund."),
    _lt("Nothing to do: the next pass goes on."),
    _lt("Nothing to do: the next pass takes it in."),
    _lt(
        "Nothing to do: the next pass takes it in. At once: tillbridge reconcile --repair."
    ),
    _lt("Nothing to do: the orders are kept and booked once the next session is open."),
    _lt("Nothing to do: the refund follows its sale."),
    _lt("Nothing to do: the sync leaves such refunds out."),
    _lt("Nothing to do: there is nothing to give back."),
    _lt("Nothing was asked for: give an external id, or a first day."),
    _lt("Nothing was sent that was not recorded."),
    _lt(
        "Odoo 14 cannot compute the tax {contained}, which is in the price, together with {other}, which is not and affects the base of other taxes."
    ),
    _lt("Odoo booked this order for another customer: {customer}."),
    _lt(
        "Odoo booked this order without its customer: enter the customer on the order in Odoo."
    ),
    _lt("Odoo cannot print the invoice, so it refused the order: {fault}"),
    _lt("Odoo did not answer: {error}"),
    _lt("Odoo did not take the order: {because}."),
    _lt("Odoo does not accept the login any more: {error}"),
    _lt("Odoo does not close it: {why}"),
    _lt("Odoo does not open a session of the shop {shop}: {fault}"),
    _lt("Odoo does not say how the company rounds taxes."),
    _lt(
        "Odoo gave no clear answer when the customer was created, so it may be there or not."
    ),
    _lt(
        "Odoo gave no clear answer yet; it is looked up before anything is sent again."
    ),
    _lt("Odoo gave no clear answer, and it is still open."),
    _lt("Odoo gave no clear answer, so the order may be booked or not."),
    _lt("Odoo holds it already, as {name}."),
    _lt("Odoo holds it as {name} and again as {others}."),
    _lt("Odoo holds it as {name}: what was sent got through, only its answer did not."),
    _lt("Odoo holds this order as {name} in the state {state}."),
    _lt(
        "Odoo holds this order as {name} with a total of {booked}, paid {paid}, instead of {total}."
    ),
    _lt("Odoo holds {name}, which is already taken for the order {order}."),
    _lt("Odoo is not reachable at the moment; it follows once it is."),
    _lt("Odoo is not reachable at the moment; the work is done once it is"),
    _lt("Odoo issued no invoice for this order: open it in Odoo and press Invoice."),
    _lt("Odoo issued no invoice."),
    _lt("Odoo keeps {decimals} decimals of a quantity; an order with more is refused."),
    _lt(
        "Odoo keeps {decimals} decimals of a quantity; one with more is rounded, and its unit price adapted."
    ),
    _lt("Odoo refused a request: {error}"),
    _lt("Odoo refused the order: {fault}"),
    _lt("Odoo refused to create its customer ({fault})."),
    _lt("Odoo refuses the question: {error}"),
    _lt("Odoo was busy with the same records, and gave way to others: {error}"),
    _lt("Odoo's answer"),
    _lt(
        "Of the {orders} orders on the source's first page, {unreadable} cannot be read; the first: {why}"
    ),
    _lt(
        "Only the addon External Order Sync can read the closing entry, and it is not installed."
    ),
    _lt(
        'Open a session of this shop in Odoo, or switch on "Open sessions automatically" in the sync.'
    ),
    _lt(
        "Open a session of this shop in Odoo, or switch on auto_open_session (in Odoo: “Open sessions automatically”)."
    ),
    _lt("Open the address in a browser and configure the one it ends at."),
    _lt(
        "Open the order in Odoo and pay or delete it there; it is looked at again in every pass."
    ),
    _lt("Order {id} ({code}): {why}"),
    _lt(
        "Orders are to be invoiced, which needs customers, and the sync leaves customers out."
    ),
    _lt("Orders in it are not paid: {orders}."),
    _lt(
        "Orders of {first} to {last} ({count}) stand in a closing entry with the date of their session, {day}: Odoo cannot date it back."
    ),
    _lt(
        "Orders of {sold} ({count}) stand in a closing entry with the date of their session, {day}: Odoo cannot date it back."
    ),
    _lt("Orders paid in part wait."),
    _lt("Orders that need one of these are refused: {reasons}"),
    _lt(
        "Others use the shop, too: {why} Its sessions are not closed here, and cash orders are refused."
    ),
    _lt("Others use the shop, too: {why} Its sessions are not closed here."),
    _lt(
        "Page {number} of {url} is one that came before, so the rest cannot be reached."
    ),
    _lt("Paid in part: the rest of {owed} is on {method}."),
    _lt("Paid {paid}."),
    _lt(
        "Pay or delete them in Odoo (do not cancel: Odoo 14 posts cancelled ones, too); it is closed then."
    ),
    _lt("Payment {number}"),
    _lt("Payments can be booked on {methods}."),
    _lt("Planning the orders by the change."),
    _lt("Put it right in Odoo. {again}"),
    _lt("Put it right in Odoo; it is tried again."),
    _lt("Put it right in Odoo; the orders are kept and book themselves then."),
    _lt("Put the order {sale_id} right; the refund follows it."),
    _lt(
        'Raise the decimals of "Product Unit" in Odoo (Settings → Technical → Decimal Accuracy), or the precision of the product\'s unit of measure; the order then books itself.'
    ),
    _lt("Raise the limit there (nginx: client_max_body_size). {again}"),
    _lt("Reading the newest orders and planning them."),
    _lt("Reading the source."),
    _lt("Received again, with other content, after it was booked."),
    _lt(
        "Received again, with other content, while it was being sent: looked at once that is answered."
    ),
    _lt("Received again, with other content."),
    _lt("Received."),
    _lt(
        "Refund it in Odoo by hand, and close this one: tillbridge orders ignore ID --reason TEXT"
    ),
    _lt("Refund it in Odoo, or have the source restore it."),
    _lt("Refund what is too much in Odoo."),
    _lt("Rounding of {missing}: the order's lines do not come to its total."),
    _lt(
        "Run one tillbridge only, or install the addon External Order Sync in Odoo: it lets Odoo refuse the second one."
    ),
    _lt("SKU {sku}"),
    _lt("Sent together with another one."),
    _lt("Sent together with {others} others."),
    _lt("Session {name} of {day}: {verdict}."),
    _lt("Sessions are closed by hand only."),
    _lt(
        "Sessions are closed {when}. In {zone} that is too late for Odoo to date the entry on the day itself."
    ),
    _lt("Set closing_time earlier: noon UTC must not be past."),
    _lt(
        "Set paging to what the source uses; for a token in the body that is a cursor."
    ),
    _lt(
        "Set the account of the tax's distribution in Odoo (Accounting → Configuration → Taxes); the order then books itself."
    ),
    _lt(
        "Set the invoice journal of the shop in Odoo (Point of Sale → Configuration → Settings)."
    ),
    _lt("Shop {shop}: {message}"),
    _lt("Somebody cancelled it in Odoo ({name})."),
    _lt("Somebody else entered it: compare the order in Odoo with its source."),
    _lt("Somebody else entered what may be this order ({total}, {when}): {orders}."),
    _lt("Somebody refunded {name} in Odoo by hand: {refunds}."),
    _lt("Stock not moved: {moved} of {wanted} of {product}."),
    _lt("Stock of {product}: {sold} sold, {moved} moved."),
    _lt(
        "Take the customer taxes off the rounding product in Odoo; the order then books itself."
    ),
    _lt("Tender {number} without payment mode or card type"),
    _lt("Tender {number}, {card}, {code},"),
    _lt("Tender {number}, {one},"),
    _lt("Tender {number}: {amount} has more decimals than {currency} has."),
    _lt("The API user does not see every shop of the sync {sync}."),
    _lt("The API user {user} may look lots and serial numbers up."),
    _lt(
        "The API user {user} may not use lots and serial numbers, so Odoo refuses orders that name one (such as of {product})."
    ),
    _lt("The addon does not find the session: the API user may not see its company."),
    _lt("The answer of {url} is broken: {detail}."),
    _lt("The answer of {url} is larger than {limit} MiB."),
    _lt("The cancelled sale is not one that can be given back as a whole."),
    _lt("The check was stopped before it was done."),
    _lt("The closing entry could not be read: {error}."),
    _lt("The company rounds taxes by {method}, which is not known here."),
    _lt("The customer {customer} is archived in Odoo."),
    _lt("The discount {discount} of the whole order is more than its lines sum to."),
    _lt(
        "The invoice does not show the tax id {theirs}: the customer {customer} has none in Odoo."
    ),
    _lt("The invoice of this order is over {issued} instead of {total}."),
    _lt("The invoice of this order is {state} instead of posted."),
    _lt("The last day, {to}, is before the first, {from}."),
    _lt("The name {host} could not be resolved: {detail}."),
    _lt("The newest {count} orders that the source shows since {since}."),
    _lt("The newest {count} orders that the source shows."),
    _lt(
        "The order alone is larger than what Odoo, or a proxy before it, takes: {error}."
    ),
    _lt("The order cannot be sent to Odoo: {error}."),
    _lt(
        "The order changed at its source after it was booked; Odoo holds the earlier version."
    ),
    _lt("The order has {bytes} bytes, more than the {limit} accepted."),
    _lt("The order is in {currency}, but the shop {shop} sells in {other}."),
    _lt("The order is nested deeper than {levels} levels."),
    _lt("The order is not UTF-8 text (byte {byte})."),
    _lt("The order is not a JSON object."),
    _lt("The order is not completed at its source (status {code})."),
    _lt("The order is not fully paid yet (still owed: {owed})."),
    _lt("The order is not valid JSON: {error}."),
    _lt(
        "The order is paid in cash, and the shop {shop} is used by others too ({why}): its cash would be missing in their drawer."
    ),
    _lt(
        "The order is paid in part, and the shop {shop} has no pay-later method for the rest of {rest}."
    ),
    _lt(
        "The order is paid in part, and the shop {shop} has several pay-later methods ({methods}) for the rest of {rest}."
    ),
    _lt(
        "The order is sent again when that changes what is sent, and now and then besides; at once by: tillbridge orders retry ID."
    ),
    _lt("The order is to be invoiced, which needs a customer. {why}"),
    _lt("The order names no location, and no shop takes such orders."),
    _lt("The order names none that could be looked for."),
    _lt(
        "The order names the customer with the id {id}, which is {name} in Odoo and does not fit: not used."
    ),
    _lt(
        "The order names the tax id {theirs}, but its customer {customer} has {ours} in Odoo."
    ),
    _lt("The order was booked, and Odoo holds it no more."),
    _lt("The order was sold on {day}, but {late}; its entry would carry {entry}."),
    _lt("The order's GrandTotal is {grand}, and no sum of its lines can be made."),
    _lt(
        "The order's GrandTotal is {grand}, but its lines come to {gross} if prices contain tax."
    ),
    _lt(
        "The order's GrandTotal is {grand}, but its lines come to {net} if prices are without tax and {gross} if prices contain tax."
    ),
    _lt(
        "The order's GrandTotal is {grand}, but its lines come to {net} if prices are without tax."
    ),
    _lt("The order's status is {code}: it is not completed."),
    _lt("The page holds no orders that can be read."),
    _lt("The payment method {method} needs a customer. {why}"),
    _lt(
        "The product for {what} is not clear: {count} products have the internal reference {reference}."
    ),
    _lt("The product for {what}, {reference}, cannot be sold here: {why}."),
    _lt("The product for {what}, {reference}, does not exist in Odoo."),
    _lt("The products for charges, tips, rounding and the like are there."),
    _lt("The refund of {amount} is more than the {left} that {sale} has left."),
    _lt("The register {register} is not in the sync's list."),
    _lt("The rest of an order paid in part could go on any of these: {methods}."),
    _lt("The rest of an order paid in part goes on {method}."),
    _lt(
        "The rest of an order paid in part is to go on a pay-later method, and the shop has none."
    ),
    _lt(
        "The right to work on the shop ran out: this process was paused for too long, or the store did not answer; what was not sent is planned again."
    ),
    _lt("The sale of {sale} lies before the sync's start date {start}."),
    _lt(
        "The service cannot read the draft ({error}). Install the addon and the service of the same release."
    ),
    _lt(
        "The service cannot read what was asked ({error}). Install the addon and the service of the same release."
    ),
    _lt("The service closes its sessions {when}."),
    _lt("The service does not know this sync."),
    _lt("The service is being stopped; the rest follows when it runs again."),
    _lt("The session is being closed: orders wait until the next one is open."),
    _lt("The session of the shop {shop} did not open."),
    _lt("The session of the shop {shop} is being closed."),
    _lt("The session of the shop {shop} is waiting for its opening control."),
    _lt(
        "The session of {day} is not closed: the clock of the service's machine is {minutes} minutes ahead of Odoo's. Let both machines take the time from the network."
    ),
    _lt(
        "The session waits for its opening control, and opening automatically is off: orders wait."
    ),
    _lt("The session {name} is open."),
    _lt("The shop has no cash method: an order with change cannot be booked."),
    _lt(
        "The shop is held by the tillbridge service on {host} since {since} UTC, which has another store."
    ),
    _lt("The shop is used by others, too: {why}"),
    _lt("The shop rounds what is paid in cash, and the API user may not read how."),
    _lt("The shop {shop} (id {id}) sells in {currency}."),
    _lt(
        "The shop {shop} has no invoice journal, without which Odoo refuses every order."
    ),
    _lt("The shop {shop} has no payment method."),
    _lt("The shop {shop} is archived in Odoo."),
    _lt(
        "The shop {shop} is held by the tillbridge service on {host} since {since} UTC, which has another store: two would open two sessions and send orders side by side."
    ),
    _lt("The shop {shop} was left to the tillbridge that works on it: {holder}."),
    _lt("The shop's cash rounding (id {id}) cannot be read."),
    _lt(
        "The shop's cash rounding {rounding} rounds by {step} ({method}), which is not known here."
    ),
    _lt("The shop's currency (id {id}) cannot be read."),
    _lt("The source answers. Orders on its first page since {since}: {orders}."),
    _lt("The source answers. Orders on its first page: {orders}."),
    _lt("The source answers; it has no orders since {since} yet."),
    _lt("The source answers; it has no orders yet."),
    _lt("The source cancelled it after it was booked as {name}."),
    _lt("The source cancelled it: it is refunded."),
    _lt("The source cancelled the order."),
    _lt("The source cancelled the sale {sale_id}, and Odoo does not hold it any more."),
    _lt("The source cancelled this order."),
    _lt(
        "The source cannot be asked for an end date: its list was read again from {from} on."
    ),
    _lt("The source could not be asked again for what it did not show: {why}"),
    _lt("The source could not be read: {why}"),
    _lt(
        "The source has no address for a single order: its list was read again from {from}."
    ),
    _lt("The source has no orders of these days."),
    _lt("The source sends this page well now."),
    _lt("The source shows it completed, which tillbridge has not heard yet."),
    _lt("The source shows it, and tillbridge never received it."),
    _lt("The source shows more than {most} orders of these days."),
    _lt("The source shows no orders since {since}."),
    _lt("The source shows no orders."),
    _lt("The source shows nothing of these days."),
    _lt("The source shows nothing sold before {moment}."),
    _lt("The source shows the sale {sale_id} as sold again: it is not refunded."),
    _lt(
        "The source states a tax of {percent} %, and Odoo has no sale tax of that percentage."
    ),
    _lt(
        "The source states a tax of {percent} %, and Odoo has {count} sale taxes of that percentage: {taxes}."
    ),
    _lt(
        "The source states a tax of {stated}, but the products' taxes in Odoo ({taxes}) give {booked}."
    ),
    _lt("The source's address is plain http: its key can be read on the way."),
    _lt("The source's address {url} cannot be used: {reason}."),
    _lt("The source's key cannot be read on its way."),
    _lt("The store cannot be used: {why}"),
    _lt("The store {store} failed: {reason}"),
    _lt("The store {store} holds no {what}."),
    _lt("The sync creates customers, and the API user {user} may not."),
    _lt("The sync leaves customers out."),
    _lt(
        "The tax {tax} has no account in its distribution, without which Odoo does not close a session."
    ),
    _lt("The tax {tax} is a group within a group, which this version cannot compute."),
    _lt("The tax {tax} is computed by “{kind}”, which this version cannot compute."),
    _lt(
        "The tax {tax} is distributed otherwise on refunds than on invoices, which this version cannot compute."
    ),
    _lt("The taxes of all products can be computed."),
    _lt(
        "The tenders sum to {sum}, or {with_tips} with their tips, and neither is the total {total}."
    ),
    _lt("The tenders sum to {sum}, which is {apart} less than the total {total}."),
    _lt(
        "The tenders sum to {sum}, which is {apart} more than the total {total}, and there is no cash to give change from."
    ),
    _lt("The {what} for {url} holds characters that an HTTP header cannot carry."),
    _lt("There are {count} shops {shop}."),
    _lt("There is no shop {shop} in Odoo, or the API user may not see it."),
    _lt("There was no clear answer, and Odoo does not hold it: it is sent again."),
    _lt(
        "This is a refund, but its sale {sale_id} was never booked: booking the negative alone would be wrong by the whole total."
    ),
    _lt("This refund is not linked to the lines of its sale."),
    _lt("This service is too old for this request. Upgrade the service."),
    _lt("This tillbridge service does not know it."),
    _lt("Try again when it is done."),
    _lt(
        "Unarchive it (Point of Sale → Configuration → Point of Sales), or choose another shop."
    ),
    _lt("Unarchive the customer in Odoo."),
    _lt("Use a percentage or fixed tax on the products of this shop."),
    _lt("Use a shop with that currency for this sync."),
    _lt("Use the shop's id, or rename one of them."),
    _lt(
        "Was a backup of Odoo restored, or an order deleted? Nothing of it is booked again by itself. See the orders and book them again with: tillbridge orders rebook"
    ),
    _lt(
        "Was a backup of Odoo restored, or the order deleted? Book it again with: tillbridge orders rebook"
    ),
    _lt(
        "Was it deleted at its source, or did its number change there? Ask the source; refund it in Odoo if it was never sold."
    ),
    _lt("What is behind that page was not read."),
    _lt("What the source sent of this order aged out: it is not kept any more."),
    _lt("With {missing} on {product} the order comes to {total} instead of {wanted}."),
    _lt("Without the addon their entries and lock dates are not read."),
    _lt("a file that was imported"),
    _lt("a line of {stated} comes to {computed} without tax"),
    _lt("a web page came instead of orders (“{title}”): check the address and the key"),
    _lt("a web page came instead of orders: check the address and the key"),
    _lt("accounting is locked through {day}"),
    _lt("after {time} of the next day"),
    _lt("an item without name or id"),
    _lt("at session closing"),
    _lt("barcode"),
    _lt("barcode {barcode}"),
    _lt("booked"),
    _lt("changed after booking"),
    _lt("closed clean"),
    _lt("closed, not clean"),
    _lt("closed, not verified"),
    _lt("customer id as reference"),
    _lt("customer {was} → {now}"),
    _lt("discounts of an order"),
    _lt("e-mail address"),
    _lt("external key"),
    _lt("has characters that no id can have"),
    _lt("has more than 28 digits"),
    _lt("id {id}"),
    _lt("ignored"),
    _lt("internal reference"),
    _lt("invoice posted"),
    _lt("is an id that tillbridge gives itself"),
    _lt("is longer than 200 bytes, too long for an id"),
    _lt("is neither yes nor no"),
    _lt("is not a date (2025-08-10T17:16:43+03:00 and 10-08-2025 05:16:43 PM are)"),
    _lt("is not a list"),
    _lt("is not a possible date of a sale"),
    _lt("is not a text"),
    _lt("is not a whole number"),
    _lt("is not an amount"),
    _lt("is not an amount: a comma may only separate thousands, as in 1,234.00"),
    _lt("is not an id"),
    _lt("is not between 0 and 100 percent"),
    _lt("is not the id of a record in Odoo"),
    _lt("is too large for an amount (999,999,999,999 is the largest)"),
    _lt("it belongs to another company ({company})"),
    _lt("it has no journal"),
    _lt("it is archived"),
    _lt("it is not available in Point of Sale"),
    _lt("it needs a customer, and the sync leaves customers out"),
    _lt("item id {id}"),
    _lt("its customer would be created"),
    _lt("missing"),
    _lt("moves that are done"),
    _lt("name"),
    _lt('named "{name}"'),
    _lt("no orders"),
    _lt("no tax"),
    _lt("not closed"),
    _lt("not paid"),
    _lt("on account of no customer"),
    _lt("paid by {name}: {was} → {now}"),
    _lt("payment mode {mode}"),
    _lt("payment mode {mode} ({word})"),
    _lt("phone number"),
    _lt("picking done"),
    _lt("read back from Odoo"),
    _lt("ready"),
    _lt("record id"),
    _lt("reference"),
    _lt("refunds of an amount"),
    _lt("refused"),
    _lt("retrying"),
    _lt("rounding"),
    _lt("sending"),
    _lt("service charges"),
    _lt("shop {was} → {now}"),
    _lt("skipped"),
    _lt("tax {was} → {now}"),
    _lt("taxes of {label}: {was} → {now}"),
    _lt("that day is closed already"),
    _lt("that month is over"),
    _lt(
        "the answer ends in the middle of an order, after {whole} whole ones: it was cut short on its way, or a bracket or quote is missing in it"
    ),
    _lt(
        "the answer has {bytes} bytes, more than the {limit} accepted: ask for smaller pages"
    ),
    _lt("the answer holds more than {limit} orders: ask for smaller pages"),
    _lt("the answer holds orders under several names ({names}), it should be one"),
    _lt("the file"),
    _lt("the order, and what Odoo knows of the shop"),
    _lt("the service does not understand the request ({error})"),
    _lt("the source gives no lot"),
    _lt("the source gives no serial number"),
    _lt("the source gives one serial number for more than one piece"),
    _lt("the source's page"),
    _lt("the source, asked for it"),
    _lt("there are several syncs: say which one with --sync"),
    _lt("there is no active sync"),
    _lt("there is no sync named “{name}”"),
    _lt("tips"),
    _lt(
        "total {total} with tax {tax}, its lines come to {lines_total} with tax {lines_tax}"
    ),
    _lt("total {total}, paid {paid}"),
    _lt("total {was} → {now}"),
    _lt("waiting"),
    _lt("with the id {id}"),
    _lt("with {count} orders"),
    _lt("would be booked after its sale"),
    _lt("would be booked in {shop}: {total}, tax {tax}"),
    _lt("would be booked: {total}, tax {tax}"),
    _lt("{amount} on {account} ({label})"),
    _lt("{a} is {a_raw} and {b} is {b_raw}."),
    _lt("{booked} of {of} booked"),
    _lt("{booked} of {of} booked so far."),
    _lt("{closed} of {of} closed"),
    _lt("{count} already booked"),
    _lt("{count} booked"),
    _lt("{count} complete"),
    _lt("{count} days checked: {lights}."),
    _lt("{count} explained"),
    _lt("{count} gone from Odoo"),
    _lt("{count} left out"),
    _lt("{count} need you"),
    _lt("{count} not fully checked"),
    _lt("{count} orders that were booked are gone from Odoo (sum {sum})."),
    _lt(
        "{count} orders that were booked are gone from Odoo (sum {sum}, sold {first} to {last})."
    ),
    _lt("{count} orders wait for more than {days} days to be completed: {orders}."),
    _lt("{count} orders wait to be completed, none for too long."),
    _lt("{count} payments are mapped."),
    _lt("{count} products are mapped."),
    _lt("{count} products can be sold."),
    _lt("{count} waiting"),
    _lt("{count} waiting for too long"),
    _lt("{count} will be retried"),
    _lt("{count} would be booked"),
    _lt(
        "{cured} orders would be booked that are not now, {refused} not any more, {differing} otherwise; {still} still not."
    ),
    _lt("{day} cannot be a day in {zone}."),
    _lt("{day} {shop} · {id}: {what}"),
    _lt("{done} of about {of} orders done."),
    _lt("{done} of {of} orders planned as they are configured and by the change."),
    _lt("{fetched} missing orders were fetched; they are booked with the next pass."),
    _lt(
        "{figure} is not a figure of a sale (beyond ±{limit}, or more than 12 decimals)."
    ),
    _lt(
        "{fix} It is asked for again in every pass, and closes by itself once all pages are read. To go on without its orders: tillbridge orders ignore {name} --reason TEXT."
    ),
    _lt(
        "{host} is {address}, an address that a sync configured in Odoo may not reach."
    ),
    _lt("{id} is {state} and cannot be booked again: it is not gone from Odoo."),
    _lt("{id} is {state} and cannot be closed: Odoo holds it, or may do so."),
    _lt("{id} is {state} and cannot be completed: only one that waits can be."),
    _lt("{id} is {state} and cannot be opened again: nobody closed it."),
    _lt("{id} is {state} and cannot be tried again: it is not refused."),
    _lt(
        "{item} is mapped to the product with the id {id}, which does not exist in Odoo."
    ),
    _lt(
        "{item} is mapped to the product with the internal reference {reference}, which does not exist in Odoo."
    ),
    _lt(
        "{item} is mapped to the product with the internal reference {reference}, which several products in Odoo have."
    ),
    _lt("{key} is not known to this service."),
    _lt("{label}: {was} → {now}"),
    _lt("{list} and more"),
    _lt("{list}, {next}"),
    _lt("{message} (on {product})"),
    _lt("{message} {fix} ({code})"),
    _lt("{method}: {lack}"),
    _lt("{method}: {paid} were paid, {posted} are in the entry."),
    _lt("{minutes} minutes after their last order"),
    _lt("{more} more orders differ: tillbridge reconcile lists them."),
    _lt("{name} ({total}, {when})"),
    _lt("{name} is missing."),
    _lt(
        "{name} refunds it because the source had cancelled it, and the source shows it as sold again."
    ),
    _lt("{name} {value} is not valid JSON."),
    _lt("{name} {value} {what}."),
    _lt("{orders} and {more} more: {why}"),
    _lt("{orders} orders read from the source so far."),
    _lt("{orders}: {why}"),
    _lt("{order} ({fault})"),
    _lt("{place} ({item}): the discount {discount} is more than the line's {amount}."),
    _lt("{place} ({item}): the product {product} cannot be sold here: {why}."),
    _lt(
        "{place} ({item}): the quantity {quantity} is not kept by Odoo, which rounds to {step} here."
    ),
    _lt(
        "{place} ({item}): the quantity {quantity} was booked as {kept}, with the unit price adapted."
    ),
    _lt("{place} ({item}): {product} is tracked, but {lacking}."),
    _lt("{place} ({item}): {product} is tracked, but {lacking}: stock not moved."),
    _lt("{place} of {name} is not an object but {value}."),
    _lt(
        "{place}: by its {way} {item} is {product}, but by its {other_way} it is {other}."
    ),
    _lt("{place}: no product in Odoo matches {item}."),
    _lt("{place}: {error}"),
    _lt("{place}: {item} fits {count} products by its {way}: {products}."),
    _lt("{place}: {item} was booked as {product}, matched by its id."),
    _lt("{place}: {message}"),
    _lt("{summary}. {note}"),
    _lt("{sync}: reading Odoo"),
    _lt("{sync}: {count} orders planned again"),
    _lt("{sync}: {count} orders read from the source"),
    _lt(
        "{tender} belongs to the payment method {method}, which cannot be used: {lack}."
    ),
    _lt(
        "{tender} fits no payment method of the shop {shop}, and credit, gift cards, vouchers and points are never booked on another method."
    ),
    _lt(
        "{tender} fits no payment method of the shop {shop}, and none of its methods may stand in."
    ),
    _lt("{tender} fits no payment method of the shop {shop}."),
    _lt("{tender} fits no payment method: booked on {method}, the first available."),
    _lt(
        "{tender} is mapped to the payment method {method}, which the shop {shop} does not have."
    ),
    _lt("{url} answered HTTP {status}."),
    _lt("{url} answered with {what} instead of JSON."),
    _lt("{url} continues at something that is not an address: {link}."),
    _lt("{url} continues at {target}, which is not on the same scheme, host and port."),
    _lt("{url} did not accept a connection in time."),
    _lt("{url} did not answer in time."),
    _lt("{url} did not {what} in time."),
    _lt("{url} does not exist (HTTP {status})."),
    _lt("{url} failed (HTTP {status})."),
    _lt(
        "{url} has its single orders at {target}, which is not on the same scheme, host and port."
    ),
    _lt("{url} has more than {limit} pages."),
    _lt("{url} is busy (HTTP {status}) and asks to come back in {seconds} s."),
    _lt("{url} is busy (HTTP {status})."),
    _lt("{url} redirects more than {limit} times."),
    _lt("{url} redirects to something that is not an address: {link}."),
    _lt("{url} redirects to {target}, which is not on the same scheme, host and port."),
    _lt("{url} refused the connection."),
    _lt("{url} refused the key (HTTP {status})."),
    _lt("{user} entered its order {order}."),
    _lt("{user} opened it."),
    _lt("{user} opened its session {session}."),
    _lt("{what} came instead of orders: {excerpt}"),
    _lt("{who}, since {when}"),
    _lt("{why} Choose one in the sync's form, or list the locations with theirs."),
    _lt("{why} It waits since {since}, for more than {days} days."),
    _lt("“Sales” is not ticked"),
    _lt("“{code}” is mapped to {method}, which cannot be used: {lack}."),
    _lt("“{code}” is mapped to {method}, which the shop does not have."),
    _lt("“{code}” is mapped to {product}, which cannot be sold here: {why}."),
    _lt("“{day}” is no day."),
    _lt("“{name}”"),
    _lt("→ {fix}"),
]
