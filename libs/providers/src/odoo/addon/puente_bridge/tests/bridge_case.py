from unittest.mock import patch

from odoo.tests.common import TransactionCase, new_test_user

BOT = "puente_bridge.group_puente_bot"


class BridgeCase(TransactionCase):
    """A bot with the rights to make partners, and a list that lets it make them through the bridge."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bot = new_test_user(cls.env, login="puente-bot", groups="base.group_user,base.group_partner_manager," + BOT)
        cls.bridge = cls.env["puente.bridge.call"].with_user(cls.bot)
        cls.allow("res.partner", "create")
        cls.allow("res.partner", "write")
        cls.allow("res.partner", "search_count")

    @classmethod
    def allow(cls, model, method):
        return cls.env["puente.bridge.method"].create({"model": model, "method": method})

    def make(self, key, name, **values):
        """Makes a partner under a key."""
        return self.bridge.call_once(key, "res.partner", "create", [[dict(values, name=name)]])

    def named(self, name):
        return self.env["res.partner"].search_count([("name", "=", name)])

    def partners_with(self, name, function):
        """For a while res.partner has one more method."""
        return patch.object(type(self.env["res.partner"]), name, function, create=True)
