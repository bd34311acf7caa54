"""What the tour needs around the browser: an order system to read from, the service, and the database."""

import contextlib
import http.server
import json
import pathlib
import signal
import subprocess
import tempfile
import threading
import urllib.parse

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
KEY = "tour-key"


def order(number, item, price, status=103):
    """An order of one piece with 15 % tax on top, as an order system sends it."""
    tax = round(price * 15)
    total = price * 100 + tax
    return {
        "OrderID": number,
        "LocationID": 1,
        "OrderStatus": status,
        "OrderDate": "2026-01-05T12:00:00Z",
        "TaxPercent": 15,
        "Tax": "%.2f" % (tax / 100),
        "GrandTotal": "%.2f" % (total / 100),
        "AmountPaid": "%.2f" % (total / 100) if status == 103 else "0",
        "OrderItems": [{"ItemName": item, "Price": "%.2f" % price, "Quantity": 1}],
        "CheckoutDetails": [
            {"PaymentMode": 2, "CardType": "Mada", "AmountPaid": "%.2f" % (total / 100)}
        ]
        if status == 103
        else [],
    }


class Till:
    """An order system on a port of this machine: the list at /orders, single ones at /orders/ID."""

    def __init__(self):
        self.orders, self.hidden = [], []
        till = self

        class Shelf(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.headers.get("Authorization") != "Bearer " + KEY:
                    return self.answer(401, {"error": "no key"})
                path = urllib.parse.urlsplit(self.path).path
                if path == "/orders":
                    return self.answer(200, {"orders": till.orders})
                for found in till.orders + till.hidden:
                    if path == "/orders/%s" % found["OrderID"]:
                        return self.answer(200, found)
                return self.answer(404, {"error": "no such order"})

            def answer(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
        self.url = "http://127.0.0.1:%d/orders" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Service:
    """`tillbridge run` with a store of its own, that can be stopped and started."""

    def __init__(self, binary, url, db, login, key):
        self.binary = binary
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name) / "tillbridge.toml"
        self.file.write_text(
            '[odoo]\nurl = "%s"\ndatabase = "%s"\nusername = "%s"\napi_key = "%s"\n'
            '[network]\nallow = ["127.0.0.1"]\n' % (url, db, login, key)
        )
        self.process = None

    def start(self):
        log = (pathlib.Path(self.folder.name) / "log").open("a")
        self.process = subprocess.Popen(
            [self.binary, "--config", str(self.file), "run"], stdout=log, stderr=log
        )

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            if self.process.wait(90):
                raise AssertionError("the service ended badly:\n" + self.log())
            self.process = None

    def log(self):
        log = pathlib.Path(self.folder.name) / "log"
        return log.read_text() if log.exists() else ""


class Server:
    """A real Odoo of a series, by the tests' own tool."""

    def __init__(self, series):
        self.series, self.addons = series, str(TREE / "odoo_addon")

    def tool(self, *args, script=None):
        command = [TREE / "tests/odoo/odoo", "--series", self.series, *args]
        done = subprocess.run(command, check=True, input=script, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    @contextlib.contextmanager
    def database(self, name):
        """A fresh database with the addon; gives the server's facts with the database's."""
        template = json.loads(
            self.tool("template", "addon", "--modules", "external_order_sync", "--addons", self.addons)
        )
        facts = json.loads(self.tool("up", "--addons", self.addons))
        seed = json.loads(self.tool("fresh", name, "--from", template["db"]))
        try:
            yield {**facts, **seed, "db": name}
        finally:
            self.tool("drop", name)

    def shell(self, db, script):
        return self.tool("shell", db, "--addons", self.addons, script=script)
