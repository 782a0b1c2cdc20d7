from uuid import uuid4

import psycopg2

from odoo import api
from odoo.sql_db import db_connect
from odoo.tests.common import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

ROOT = 1  # odoo.SUPERUSER_ID, which has moved between versions


@tagged("post_install", "-at_install", "puente_bridge")
class TestConcurrentCalls(BaseCase):
    """Two transactions that really commit: what they leave behind is taken away again."""

    def setUp(self):
        super().setUp()
        self.name = "puente-%s" % uuid4().hex
        with db_connect(get_db_name()).cursor() as cr:
            env = api.Environment(cr, ROOT, {})
            self.set_membership(env, 4)
            env["puente.bridge.method"].create({"model": "res.partner", "method": "create"})
        self.addCleanup(self.forget)

    def forget(self):
        with db_connect(get_db_name()).cursor() as cr:
            env = api.Environment(cr, ROOT, {})
            self.set_membership(env, 3)
            env["puente.bridge.method"].search([("model", "=", "res.partner"), ("method", "=", "create")]).unlink()
            env["res.partner"].search([("name", "=", self.name)]).unlink()
            cr.execute("DELETE FROM puente_bridge_call WHERE key = %s", (self.name,))

    def set_membership(self, env, command):
        """4 puts the root user into the group of bots, 3 takes it out."""
        group = env.ref("puente_bridge.group_puente_bot")
        users = "user_ids" if "user_ids" in group._fields else "users"  # 19 and before
        group.write({users: [(command, ROOT)]})

    def call(self, cr):
        bridge = api.Environment(cr, ROOT, {})["puente.bridge.call"]
        return bridge.call_once(self.name, "res.partner", "create", [[{"name": self.name}]])

    def test_the_second_waits_for_the_first_and_then_gets_its_answer(self):
        database = db_connect(get_db_name())
        with database.cursor() as first, database.cursor() as second:
            answer = self.call(first)
            first.flush()
            second.execute("SET LOCAL lock_timeout = '500ms'")
            with self.assertRaises(psycopg2.errors.LockNotAvailable), mute_logger("odoo.sql_db"):
                self.call(second)
            second.rollback()
            first.commit()

            self.assertEqual(self.call(second), {"duplicate": True, "result": answer["result"]})
            env = api.Environment(second, ROOT, {})
            self.assertEqual(env["res.partner"].search_count([("name", "=", self.name)]), 1)

    def test_one_that_began_before_the_first_committed_is_told_to_repeat(self):
        database = db_connect(get_db_name())
        with database.cursor() as first, database.cursor() as second:
            second.execute("SELECT 1")  # its snapshot
            self.call(first)
            first.commit()
            with self.assertRaises(psycopg2.errors.SerializationFailure), mute_logger("odoo.sql_db"):
                self.call(second)
            second.rollback()

            self.assertTrue(self.call(second)["duplicate"])

    def test_a_first_one_that_failed_leaves_the_effect_to_the_second(self):
        database = db_connect(get_db_name())
        with database.cursor() as first, database.cursor() as second:
            self.call(first)
            first.rollback()

            self.assertFalse(self.call(second)["duplicate"])
            second.commit()
