"""The same orders booked inside Odoo itself, by the call that its own till makes.

Piped into ``odoo shell`` with BATCH, COUNT, SHOP, USER, STORABLE and HERE set before it. With BATCH = 1 it is how
an addon books that fetches orders itself: one order, one transaction. With 50 it is the least that
Odoo's own work costs. Prints one JSON line: orders, seconds, processor seconds, total.
"""
# ruff: noqa: F821 (set before it)
import json
import sys
import time
import uuid

sys.path.insert(0, HERE)
import bench_orders  # noqa: E402

if STORABLE:
    bench_orders.use_storable()

SYNCS = hasattr(env['pos.order'], 'sync_from_ui')
env = env(user=env['res.users'].search([('login', '=', USER)]))
shop = env['pos.config'].search([('name', '=', SHOP)])
if SYNCS:
    shop.open_ui()
else:
    shop.open_session_cb()
session = shop.current_session_id
if session.state == 'opening_control':
    if SYNCS:
        session.set_opening_control(0, '')
    else:
        session.action_pos_session_open()
method = shop.payment_method_ids.filtered(lambda method: method.name == bench_orders.METHOD)
products = {product.default_code: product for product in env['product.product'].search([('default_code', '!=', False)])}


def line_values(order, number, line):
    product = products[line['code']]
    return (0, 0, {
        'product_id': product.id, 'name': f"{order['id']}/{number}", 'qty': line['quantity'],
        'price_unit': float(line['price']), 'tax_ids': [(6, 0, product.taxes_id.ids)], 'discount': 0,
        'price_subtotal': float(line['net']), 'price_subtotal_incl': float(line['gross']), 'pack_lot_ids': [],
        'id': number,
    })


def values(order):
    total = float(order['total'])
    lines = [line_values(order, number, line) for number, line in enumerate(order['lines'], 1)]
    common = {
        'sequence_number': order['id'] % 10000, 'user_id': env.uid, 'partner_id': False,
        'fiscal_position_id': False, 'amount_total': total, 'amount_tax': float(order['tax']),
        'amount_paid': total, 'amount_return': 0, 'to_invoice': False,
    }
    if SYNCS:
        for _, _, line in lines:
            del line['id']
        return {
            **common, 'uuid': str(uuid.uuid4()), 'session_id': session.id, 'state': 'paid', 'lines': lines,
            'pos_reference': f"bench/{order['id']}", 'date_order': '2025-09-14 12:00:00',
            'payment_ids': [(0, 0, {'payment_method_id': method.id, 'amount': total})],
        }
    reference = f"bench/{order['id']}"
    return {'id': reference, 'to_invoice': False, 'data': {
        **common, 'name': reference, 'uid': reference, 'server_id': False, 'pos_session_id': session.id,
        'creation_date': '2025-09-14 12:00:00', 'pricelist_id': shop.pricelist_id.id, 'lines': lines,
        'statement_ids': [(0, 0, {
            'name': '2025-09-14 12:00:00', 'payment_method_id': method.id, 'amount': total})],
    }}


def book(batch):
    if SYNCS:
        env['pos.order'].sync_from_ui(batch)
    else:
        env['pos.order'].create_from_ui(batch)
    env.cr.commit()
    # A request of its own begins with nothing in its cache.
    (env.invalidate_all if hasattr(env, 'invalidate_all') else env.cache.invalidate)()


env.cr.commit()
orders = [bench_orders.order(number) for number in range(COUNT)]
start, processor = time.monotonic(), time.process_time()
for first in range(0, COUNT, BATCH):
    book([values(order) for order in orders[first:first + BATCH]])
seconds, processor = time.monotonic() - start, time.process_time() - processor
total = sum(order['total'] for order in orders)
print('BENCH ' + json.dumps({
    'orders': COUNT, 'seconds': round(seconds, 3), 'processor': round(processor, 3), 'total': str(total)}))
