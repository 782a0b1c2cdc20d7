from odoo.exceptions import AccessError, ValidationError
from odoo.tests.common import new_test_user, tagged
from odoo.tools import mute_logger

from .bridge_case import BOT, BridgeCase


@tagged("post_install", "-at_install", "puente_bridge")
class TestRights(BridgeCase):
    def test_nobody_calls_without_the_group(self):
        for login, groups in (("puente-clerk", "base.group_user"), ("puente-admin", "base.group_system")):
            user = new_test_user(self.env, login=login, groups=groups)
            with self.assertRaises(AccessError):
                self.env["puente.bridge.call"].with_user(user).call_once(
                    "k1", "res.partner", "create", [[{"name": "Ana"}]]
                )

    def test_the_group_gives_no_rights_of_its_own(self):
        weak = new_test_user(self.env, login="puente-weak", groups="base.group_user," + BOT)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"), self.env.cr.savepoint():
            self.env["puente.bridge.call"].with_user(weak).call_once(
                "k1", "res.partner", "create", [[{"name": "Ana"}]]
            )
        self.assertEqual(self.env["puente.bridge.call"].search_count([("key", "=", "k1")]), 0)

    def test_only_listed_methods_are_called(self):
        for model, method in (
            ("res.partner", "unlink"),
            ("res.users", "create"),
            ("res.partner", "_create"),
            ("res.partner", "init"),
            ("no.such.model", "create"),
            ("puente.bridge.call", "call_once"),
        ):
            with self.assertRaises(AccessError):
                self.bridge.call_once("k1", model, method, [[]])

    def test_a_method_that_is_listed_no_more_is_refused(self):
        self.make("k1", "Ana")
        self.env["puente.bridge.method"].search([("method", "=", "create")]).active = False
        with self.assertRaises(AccessError):
            self.make("k2", "Berta")

    def test_what_is_private_is_not_listed(self):
        for model, method in (
            ("res.partner", "_create"),
            ("res.partner", "init"),
            ("puente.bridge.call", "call_once"),
            ("puente.bridge.method", "create"),
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.allow(model, method)

    def test_calls_are_read_by_administrators_and_written_by_nobody(self):
        self.make("k1", "Ana")
        admin = new_test_user(self.env, login="puente-admin", groups="base.group_system")
        calls = self.env["puente.bridge.call"].search([("key", "=", "k1")])

        self.assertEqual(calls.with_user(admin).read(["key"])[0]["key"], "k1")
        with mute_logger("odoo.addons.base.models.ir_model"):
            for attempt in (
                lambda: calls.with_user(admin).write({"key": "k2"}),
                lambda: calls.with_user(admin).unlink(),
                lambda: calls.with_user(admin).create({"key": "k3"}),
                lambda: calls.with_user(self.bot).read(["result"]),
            ):
                with self.assertRaises(AccessError):
                    attempt()

    def test_the_bot_lists_nothing_for_itself(self):
        methods = self.env["puente.bridge.method"].with_user(self.bot)
        self.assertTrue(methods.search_count([]))
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            methods.create({"model": "res.partner", "method": "unlink"})
