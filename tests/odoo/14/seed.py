"""Seeds the template database: piped into ``odoo shell``, which provides ``env``.

The same shops, taxes, products, customers and users as in the other series, by the same names, in
the form of Odoo 14. What tests need to know of it (ids, logins, keys) goes as one JSON line to the
file named by TILLBRIDGE_SEED; every clone shares it.
"""
import json
import os

STOCK = 100000
BANK_METHODS = ['Mada', 'Visa', 'StcPay', 'Tabby', 'Tamara', 'Bank Transfer']

# (name, amount in percent, price includes it); copies of the company's default tax, so that
# they share its group and accounts: no session can be closed over a tax without accounts
TAXES = [
    ('15% incl', 15, True),
    ('20% incl', 20, True),
    ('5.5% incl', 5.5, True),
    ('5% excl', 5, False),
]

# (internal reference, name, price, tax, other fields); a tax of '' is untaxed
CONSUMABLE = {'type': 'consu'}
STORABLE = {'type': 'product'}
SERVICE = {'type': 'service'}
PRODUCTS = [
    ('90001', 'Engine Oil Change', 120.0, '15%', SERVICE),
    ('90007', 'Workshop Labour (1 h)', 150.0, '15%', SERVICE),
    ('90101', 'Car Wash', 40.0, '15%', CONSUMABLE),
    ('90102', 'Air Freshener', 22.5, '15%', STORABLE),
    ('90201', 'Brake Pad Set Front', 640.0, '15%', STORABLE),
    ('90202', 'Brake Pad Set Rear', 580.0, '15%', STORABLE),
    ('90301', 'Floor Mat Set', 95.0, '15%', STORABLE),
    ('90302', 'Floor Mat Set', 125.0, '15%', STORABLE),  # the same name twice, on purpose
    ('90512', 'Alloy Wheel 17"', 1250.5, '15%', STORABLE),
    ('90601', 'فلتر زيت', 35.0, '15%', STORABLE),
    ('90602', 'غسيل سيارة كامل', 75.0, '15%', CONSUMABLE),
    ('A001', 'Coffee', 2.5, '15%', CONSUMABLE),
    ('A002', 'Sandwich', 6.9, '15%', STORABLE),
    ('A003', 'Tea (incl)', 4.6, '15% incl', CONSUMABLE),
    ('A004', 'Wine (incl)', 12.0, '20% incl', STORABLE),
    ('A005', 'Bread (incl)', 1.05, '5.5% incl', STORABLE),
    ('A006', 'Newspaper', 3.0, '5% excl', CONSUMABLE),
    ('A007', 'Untaxed Inspection', 40.0, '', SERVICE),
    ('A008', 'Archived Wiper', 18.0, '15%', {**STORABLE, 'active': False}),
    ('A009', 'Back Office Form', 5.0, '15%', {**CONSUMABLE, 'available_in_pos': False}),
]
PRODUCTS += [
    (f'B{n:03}', f'Item {n:02}', round(1 + n * 0.37, 2), '15%', STORABLE if n % 2 else CONSUMABLE)
    for n in range(1, 41)
]

CUSTOMERS = [
    {'ref': 'C001', 'name': 'Ada Customer', 'email': 'ada@example.com', 'phone': '+966 50 000 0001'},
    {'ref': 'C002', 'name': 'Bob Customer', 'email': 'bob@example.com', 'phone': '+966 50 000 0002'},
    {'ref': 'C003', 'name': 'Fleet Company', 'email': 'fleet@example.com', 'phone': '+966 50 000 0003',
     'is_company': True},
]

# (login, also the password; groups)
USERS = [
    ('posapi', ['base.group_user', 'point_of_sale.group_pos_user']),
    ('posmgr', ['base.group_user', 'point_of_sale.group_pos_manager']),
    ('nobody', ['base.group_user']),
]


def make_shops(env):
    """Main Shop with every method; Card Only Shop, which cannot handle cash."""
    main = env.ref('point_of_sale.pos_config_main')
    cash = main.payment_method_ids.filtered('is_cash_count')
    cash.ensure_one()
    card = main.payment_method_ids - cash
    card.ensure_one()
    cash.name, card.name = 'Cash', 'Card'
    # No kinds of methods here: one that splits its payments leaves them on the customer's account.
    account = card.copy({'name': 'Customer Account', 'split_transactions': True})
    banks = [card.copy({'name': name}) for name in BANK_METHODS]
    methods = main.payment_method_ids + account + sum(banks, card.browse())
    # With a cash method, cash is counted: later series always do.
    main.write({'name': 'Main Shop', 'cash_control': True, 'payment_method_ids': [(6, 0, methods.ids)]})
    return main + main.copy({
        'name': 'Card Only Shop', 'cash_control': False, 'payment_method_ids': [(6, 0, card.ids)],
    })


def make_taxes(env):
    default = env.company.account_sale_tax_id
    taxes = {'': env['account.tax'], '15%': default}
    for name, amount, included in TAXES:
        taxes[name] = default.copy({'amount': amount, 'description': name, 'price_include': included})
        taxes[name].name = name  # copy() gives one of its own
    return taxes


def make_products(env, taxes):
    products = env['product.product'].create([
        {'default_code': code, 'barcode': f'29{n:011}', 'name': name, 'list_price': price,
         'taxes_id': [(6, 0, taxes[tax].ids)], 'available_in_pos': True, **fields}
        for n, (code, name, price, tax, fields) in enumerate(PRODUCTS, 1)
    ])
    shelf = env['stock.warehouse'].search([], limit=1).lot_stock_id
    for product in products.filtered(lambda product: product.type == 'product'):
        env['stock.quant']._update_available_quantity(product, shelf, STOCK)
    return products


def make_users(env):
    users = env['res.users'].with_context(no_reset_password=True).create([
        {'name': login, 'login': login, 'password': login,
         'groups_id': [(6, 0, [env.ref(group).id for group in groups])]}
        for login, groups in USERS
    ])
    return env.ref('base.user_admin') + users


def describe_user(user):
    """Login, password (the same word) and, for those who call, a key."""
    described = {'id': user.id, 'login': user.login, 'password': user.login}
    if user.login != 'nobody':
        described['api_key'] = user.env['res.users.apikeys'].with_user(user)._generate('rpc', 'tests')
    return described


def seed(env):
    # As 19 is by itself: in a country, stock moves with each order, taxes are rounded per document.
    env.company.country_id = env.ref('base.us')
    env.company.point_of_sale_update_stock_quantities = 'real'
    env.company.tax_calculation_rounding_method = 'round_globally'
    shops = make_shops(env)
    taxes = make_taxes(env)
    products = make_products(env, taxes)
    customers = env['res.partner'].create(CUSTOMERS)
    admin, *users = [describe_user(user) for user in make_users(env)]
    return {
        'admin': admin,
        'users': {user['login']: user for user in users},
        'company': {'id': env.company.id, 'currency': env.company.currency_id.name},
        'shops': {
            shop.name: {'id': shop.id, 'methods': {method.name: method.id for method in shop.payment_method_ids}}
            for shop in shops
        },
        'taxes': {name: tax.id for name, tax in taxes.items() if tax},
        'products': {product.default_code: product.id for product in products},
        'customers': {customer.ref: customer.id for customer in customers},
    }


admin_env = env(user=env.ref('base.user_admin').id, context=dict(env.context, tracking_disable=True))  # noqa: F821
description = seed(admin_env)
env.cr.commit()  # noqa: F821
with open(os.environ['TILLBRIDGE_SEED'], 'w', encoding='utf-8') as out:
    out.write(json.dumps(description, ensure_ascii=False, separators=(',', ':')) + '\n')
