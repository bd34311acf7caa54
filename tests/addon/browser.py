"""A headless Chromium over WebDriver, and Odoo's web client in it: found by what people see, the same on
every series."""

import base64
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

# WebDriver's name for an element.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 30
ENTER, TAB, BACKSPACE, CONTROL = "\ue007", "\ue004", "\ue003", "\ue009"


class Missing(AssertionError):
    """What should be on the screen is not."""


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    """One window. Every wait has an end, and a failure takes a screenshot."""

    def __init__(self, base, shots, size=(1400, 1000)):
        for tool in ("chromedriver", "chromium"):
            if not shutil.which(tool):
                raise SystemExit("%s is needed: install the packages chromium and chromium-driver" % tool)
        self.base, self.shots, self.taken = base, pathlib.Path(shots), 0
        self.shots.mkdir(parents=True, exist_ok=True)
        for old in self.shots.glob("*.png"):
            old.unlink()
        port = _free_port()
        self.url = "http://127.0.0.1:%d" % port
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=%d" % port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.session = ""
        self.until(lambda: self._call("GET", "/status")["ready"], "chromedriver")
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=%d,%d" % size, "--lang=en"]
        asked = {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}
        self.session = "/session/" + self._call("POST", "/session", {"capabilities": asked})["sessionId"]

    def close(self):
        with contextlib.suppress(OSError):
            self._call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()

    def _call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            self.url + self.session + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Missing(json.load(error)["value"]["message"].splitlines()[0]) from None

    def until(self, see, what, patience=PATIENCE):
        """Waits until `see` gives something; what it was waiting for is named when it does not."""
        end, last = time.monotonic() + patience, None
        while time.monotonic() < end:
            try:
                found = see()
                if found:
                    return found
            except (Missing, OSError) as error:
                last = error
            time.sleep(0.15)
        raise Missing("not seen within %d s: %s%s" % (patience, what, " (%s)" % last if last else ""))

    def shot(self, name):
        self.taken += 1
        image = base64.b64decode(self._call("GET", "/screenshot"))
        (self.shots / ("%02d-%s.png" % (self.taken, name))).write_bytes(image)

    @contextlib.contextmanager
    def screen(self, width, height, zoom=1, touch=False):
        """Meanwhile the page is shown on a screen of this size."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": zoom, "mobile": touch}
        self._cdp("Emulation.setDeviceMetricsOverride", metrics)
        try:
            yield
        finally:
            self._cdp("Emulation.clearDeviceMetricsOverride", {})

    def _cdp(self, command, parameters):
        self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def fits(self):
        """Whether no button and no field ends beside the screen, but for what is scrolled in a list of its own."""
        return self._run(
            """
            const shown = [...document.querySelectorAll(".o_content button, .o_content .o_field_widget")]
                .filter((one) => one.offsetParent && !one.closest("table, .table-responsive"));
            return shown.length > 0
                && shown.every((one) => one.getBoundingClientRect().right <= window.innerWidth + 1);
            """
        )

    def _run(self, script):
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def open(self, path):
        self._call("POST", "/url", {"url": self.base + path})

    def find(self, xpath, patience=PATIENCE, visible=True):
        """The first element of an XPath that is shown."""

        def look():
            found = self._call("POST", "/elements", {"using": "xpath", "value": xpath})
            for element in found:
                if not visible or self._call("GET", "/element/%s/displayed" % element[ELEMENT]):
                    return element
            return None

        return self.until(look, xpath, patience)

    def shown(self, xpath):
        """Whether it is on the screen right now."""
        found = self._call("POST", "/elements", {"using": "xpath", "value": xpath})
        return any(self._call("GET", "/element/%s/displayed" % e[ELEMENT]) for e in found)

    def click(self, xpath, patience=PATIENCE):
        """Clicks once it is there; something in front of it (a page that still loads) is waited for."""

        def press():
            element = self.find(xpath, patience=1)
            self._call("POST", "/element/%s/click" % element[ELEMENT])
            return True

        self.until(press, "a click on " + xpath, patience)

    def type(self, xpath, text):
        self.click(xpath)
        element = self.find(xpath)[ELEMENT]
        self._call("POST", "/element/%s/value" % element, {"text": CONTROL + "a" + CONTROL + BACKSPACE})
        self._call("POST", "/element/%s/value" % element, {"text": text})

    def keys(self, text):
        """Keys to what has the focus."""
        element = self._call("GET", "/element/active")[ELEMENT]
        self._call("POST", "/element/%s/value" % element, {"text": text})

    def tab_to(self, name):
        """Goes to a button or a field by the keyboard alone."""
        for _step in range(80):
            focused = self._call("GET", "/element/active")[ELEMENT]
            names = [self._call("GET", "/element/%s/attribute/%s" % (focused, at)) for at in ("name", "id")]
            # Newer series call a field by its id, with a number behind.
            if name in names or names[1] == name + "_0":
                return
            self.keys(TAB)
        raise Missing("the keyboard does not reach %s" % name)

    def text(self, xpath="//body"):
        return self._call("GET", "/element/%s/text" % self.find(xpath)[ELEMENT])


def _has(name):
    return "contains(concat(' ', normalize-space(@class), ' '), ' %s ')" % name


class Odoo(Browser):
    """Odoo's web client."""

    def login(self, db, login, password):
        self.open("/web/session/logout?redirect=/web/login%3Fdb%3D" + db)
        # Who logged in before would be offered in place of the fields.
        self._run("localStorage.clear()")
        self.open("/web/login?db=" + db)
        self.type("//input[@name='login']", login)
        self.type("//input[@name='password']", password)
        self.keys(ENTER)
        # The first page opens by itself: before that it would come over the next one.
        self.find("//*[%s]/*" % _has("o_action_manager"), 60)

    def go(self, action, record=None, view="list"):
        """Opens an action by the id of its record; of it a record's form."""
        place = "#action=%d&view_type=%s" % (action, "form" if record else view)
        self.open("/web" + place + ("&id=%d" % record if record else ""))
        # The same address with another fragment does not load the page anew.
        self._call("POST", "/refresh")
        if record:
            self.find("//*[%s]" % _has("o_form_view"), 60)
        else:
            views = ("o_list_view", "o_kanban_view", "o_form_view", "o_nocontent_help", "o_view_nocontent")
            self.find("//*[%s]" % " or ".join(_has(view) for view in views), 60)

    @staticmethod
    def field(name):
        return "//*[@name='%s' and %s]" % (name, _has("o_field_widget"))

    def set(self, name, text):
        field = self.field(name)
        at = "(%s/descendant-or-self::*[self::input or self::textarea])[1]" % field
        # A date is a button until it is pressed, on the newer series.
        self.until(lambda: self.shown(at) or self.shown(field + "//button"), field)
        if not self.shown(at):
            self.click(field + "//button")
        self.type(at, text)
        return at

    def choose(self, name, text):
        """Types into a link to another record, and takes what is offered."""
        self.set(name, text)
        offered = "//*[%s or %s]//*[self::a or self::li][contains(., \"%s\")]" % (
            _has("o-autocomplete--dropdown-menu"),
            _has("ui-autocomplete"),
            text,
        )
        self.click(offered)

        def taken():
            # The answer to what was typed may come after the press, and is offered once more.
            time.sleep(0.7)
            if self.shown(offered):
                self.click(offered, patience=1)
                return False
            return True

        self.until(taken, "%r is taken" % text)

    def home(self, actions, filtered=True):
        """Support's list of orders."""
        self.go(actions["external_order_action"])
        if not filtered:
            self.click("(//*[%s])[1]" % " or ".join(_has(name) for name in ("o_facet_remove", "o_delete")))

    def row(self, text):
        """Opens the row of a list that has this text in a column."""
        self.click("//tr[%s]//td[normalize-space(.)='%s']" % (_has("o_data_row"), text))
        self.find("//*[%s]" % _has("o_form_view"))

    def new(self):
        """A new record from a list or from cards."""
        names = ("o_list_button_add", "o-kanban-button-new", "o_form_button_create")
        self.click("//button[%s]" % " or ".join(_has(name) for name in names))
        self.find("//*[%s]" % _has("o_form_view"))

    def press(self, name):
        """Presses a button, once it can be pressed."""
        self.click("//button[@name='%s' and not(@disabled)]" % name)

    def save(self):
        self.click("//button[%s or %s]" % (_has("o_form_button_save"), _has("o_form_button_save_new")))
        self.until(
            lambda: not self.shown("//*[%s]" % _has("o_form_dirty"))
            and (self.shown("//*[%s]" % _has("o_form_readonly")) or self.shown("//*[%s]" % _has("o_form_saved"))),
            "the record is saved",
        )

    def sees(self, text, patience=PATIENCE):
        """Waits until a text is on the screen."""
        return self.until(lambda: text in self.text(), "the text %r" % text, patience)

    def sees_no(self, text, patience=PATIENCE):
        """Waits until a text is not on the screen any more."""
        return self.until(lambda: text not in self.text(), "the end of %r" % text, patience)
