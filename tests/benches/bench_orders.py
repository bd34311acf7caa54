"""Three-line orders for measuring: consumables, 15 % tax on top, paid by card.

The products are those of the tests' seed, the same in every series.
"""
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal('0.01')
METHOD = 'Mada'
# (internal reference, name, price): the even ones of the seed's "Item" products are consumables
def products(first):
    return [(f'B{n:03}', f'Item {n:02}', Decimal(str(round(1 + n * 0.37, 2)))) for n in range(first, 41, 2)]


PRODUCTS = products(2)


def use_storable():
    """From now on the goods whose stock is counted: the odd ones."""
    PRODUCTS[:] = products(1)


def cents(amount):
    return amount.quantize(CENT, ROUND_HALF_UP)


def order(number):
    """The ``number``-th order: its lines with their amounts, its tax (rounded once) and its total."""
    lines = []
    for place in range(3):
        code, name, price = PRODUCTS[(number * 3 + place * 7) % len(PRODUCTS)]
        quantity = 1 + (number + place) % 3
        net = cents(price * quantity)
        lines.append({
            'code': code, 'name': name, 'price': price, 'quantity': quantity,
            'net': net, 'gross': net + cents(net * Decimal('0.15')),
        })
    net = sum(line['net'] for line in lines)
    tax = cents(net * Decimal('0.15'))
    return {'id': 90000 + number, 'lines': lines, 'total': net + tax, 'tax': tax}


def as_sent(booked):
    """The same order as an order system sends it."""
    return {
        'OrderID': booked['id'], 'LocationID': 1, 'OrderStatus': 103, 'OrderDate': '2025-09-14T12:00:00Z',
        'TaxPercent': 15, 'Tax': str(booked['tax']), 'GrandTotal': str(booked['total']),
        'AmountPaid': str(booked['total']),
        'OrderItems': [
            {'ItemCode': line['code'], 'ItemName': line['name'], 'Price': str(line['price']), 'Quantity': line['quantity']}
            for line in booked['lines']
        ],
        'CheckoutDetails': [{'PaymentMode': 2, 'CardType': METHOD, 'AmountPaid': str(booked['total'])}],
    }
