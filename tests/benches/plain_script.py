#!/usr/bin/env python3
"""What most people write first: one order after the other, seven XML-RPC calls for each.

It finds every product by its reference and the payment method by its name, creates the order,
creates the payment wizard and presses its button. No exactly-once, no rounding rules, no refunds:
it is here to be measured against, on orders that it can book.

usage: plain_script.py URL DATABASE LOGIN PASSWORD COUNT [--shop NAME] [--storable]

The login must be a Point of Sale manager's: the wizard is not for others. Prints one JSON line:
orders, seconds (session opened before), calls, total.
"""
import argparse
import json
import time
import xmlrpc.client
from decimal import Decimal

import bench_orders


class Odoo:
    """One database, as one user; counts its calls."""

    def __init__(self, url, database, login, password):
        self.database, self.password, self.calls = database, password, 0
        self.user = xmlrpc.client.ServerProxy(f'{url}/xmlrpc/2/common').authenticate(database, login, password, {})
        if not self.user:
            raise SystemExit(f'{login} cannot log in to {database}')
        self.object = xmlrpc.client.ServerProxy(f'{url}/xmlrpc/2/object', allow_none=True)

    def call(self, model, method, *args, **kwargs):
        self.calls += 1
        return self.object.execute_kw(self.database, self.user, self.password, model, method, args, kwargs)


def open_session(odoo, shop):
    """The id of the shop's open session."""
    config = odoo.call('pos.config', 'search', [['name', '=', shop]])[0]
    old = 'opening_notes' not in odoo.call('pos.session', 'fields_get', [], ['type'])
    odoo.call('pos.config', 'open_session_cb' if old else 'open_ui', [config])
    session = odoo.call('pos.session', 'search', [['config_id', '=', config], ['state', '!=', 'closed']])[0]
    if odoo.call('pos.session', 'read', [session], ['state'])[0]['state'] == 'opening_control':
        try:
            if old:
                odoo.call('pos.session', 'action_pos_session_open', [session])
            else:
                odoo.call('pos.session', 'set_opening_control', [session], 0, '')
        except xmlrpc.client.Fault as fault:
            # The method returns None, which Odoo does after its work and XML-RPC cannot carry.
            if 'cannot marshal None' not in fault.faultString:
                raise
    return session


def book(odoo, session, order):
    """One order: seven calls."""
    lines = []
    for number, line in enumerate(order['lines'], 1):
        product = odoo.call(
            'product.product', 'search_read', [['default_code', '=', line['code']]], fields=['taxes_id'], limit=1)[0]
        lines.append((0, 0, {
            'product_id': product['id'], 'name': f"{order['id']}/{number}", 'qty': line['quantity'],
            'price_unit': float(line['price']), 'tax_ids': [(6, 0, product['taxes_id'])],
            'price_subtotal': float(line['net']), 'price_subtotal_incl': float(line['gross']),
        }))
    method = odoo.call('pos.payment.method', 'search', [['name', '=', bench_orders.METHOD]], limit=1)[0]
    total = float(order['total'])
    created = odoo.call('pos.order', 'create', {
        'session_id': session, 'pos_reference': f"plain/{order['id']}", 'lines': lines,
        'amount_tax': float(order['tax']), 'amount_total': total, 'amount_paid': 0.0, 'amount_return': 0.0,
    })
    context = {'active_id': created, 'active_ids': [created]}
    wizard = odoo.call('pos.make.payment', 'create', {'amount': total, 'payment_method_id': method}, context=context)
    odoo.call('pos.make.payment', 'check', [wizard], context=context)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('url', 'database', 'login', 'password'):
        parser.add_argument(name)
    parser.add_argument('count', type=int)
    parser.add_argument('--shop', default='Main Shop')
    parser.add_argument('--storable', action='store_true')
    args = parser.parse_args()
    if args.storable:
        bench_orders.use_storable()
    odoo = Odoo(args.url, args.database, args.login, args.password)
    session = open_session(odoo, args.shop)
    odoo.calls = 0
    total = Decimal(0)
    start = time.monotonic()
    for number in range(args.count):
        order = bench_orders.order(number)
        book(odoo, session, order)
        total += order['total']
    seconds = time.monotonic() - start
    print(json.dumps({'orders': args.count, 'seconds': round(seconds, 3), 'calls': odoo.calls, 'total': str(total)}))


if __name__ == '__main__':
    main()
