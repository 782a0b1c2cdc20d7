from datetime import date, datetime

from odoo.exceptions import UserError, ValidationError
from odoo.tests.common import tagged
from odoo.tools import mute_logger

from .bridge_case import BridgeCase


@tagged("post_install", "-at_install", "puente_bridge")
class TestCallOnce(BridgeCase):
    def test_a_second_call_gets_the_first_answer_and_has_no_effect(self):
        first = self.make("k1", "Ana")
        again = self.make("k1", "Ana")

        self.assertEqual(first["duplicate"], False)
        self.assertEqual(again, {"duplicate": True, "result": first["result"]})
        self.assertEqual(self.named("Ana"), 1)
        self.assertEqual(self.env["res.partner"].browse(first["result"]).name, "Ana")

    def test_other_keys_have_effects_of_their_own(self):
        self.assertNotEqual(self.make("k1", "Ana")["result"], self.make("k2", "Ana")["result"])
        self.assertEqual(self.named("Ana"), 2)

    def test_a_key_belongs_to_one_call(self):
        self.make("k1", "Ana")
        calls = [
            ("res.partner", "create", [[{"name": "Berta"}]], {}),
            ("res.partner", "search_count", [[("name", "=", "Ana")]], {}),
        ]
        for model, method, args, kwargs in calls:
            with self.assertRaises(ValidationError):
                self.bridge.call_once("k1", model, method, args, kwargs)
        self.assertEqual(self.named("Berta"), 0)

    def test_another_company_is_another_call(self):
        self.make("k1", "Ana")
        company = self.env["res.company"].create({"name": "Other"})
        self.bot.company_ids += company
        elsewhere = self.bridge.with_context(allowed_company_ids=company.ids)

        with self.assertRaises(ValidationError):
            elsewhere.call_once("k1", "res.partner", "create", [[{"name": "Ana"}]])

    def test_the_order_of_named_arguments_does_not_matter(self):
        first = self.bridge.call_once("k1", "res.partner", "create", [[{"name": "Ana", "ref": "1"}]])
        again = self.bridge.call_once("k1", "res.partner", "create", [[{"ref": "1", "name": "Ana"}]])
        self.assertEqual(again, {"duplicate": True, "result": first["result"]})

    def test_a_failed_call_leaves_its_key_free(self):
        with self.assertRaises(Exception), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.bridge.call_once("k1", "res.partner", "create", [[{"no_such_field": 1}]])

        self.assertEqual(self.env["puente.bridge.call"].search_count([("key", "=", "k1")]), 0)
        self.assertEqual(self.make("k1", "Ana")["duplicate"], False)

    def test_a_method_of_records_takes_their_ids_first(self):
        [partner] = self.make("k1", "Ana")["result"]
        answer = self.bridge.call_once("k2", "res.partner", "write", [[partner], {"ref": "7"}])

        self.assertEqual(answer, {"duplicate": False, "result": True})
        self.assertEqual(self.env["res.partner"].browse(partner).ref, "7")

    def test_the_inner_call_has_the_context_of_the_outer_one(self):
        seen = {}

        def look(partners):
            seen.update(partners.env.context)
            return True

        self.allow("res.partner", "puente_look")
        with self.partners_with("puente_look", look):
            context = {"lang": "en_US", "allowed_company_ids": self.bot.company_ids.ids}
            self.bridge.with_context(**context).call_once("k1", "res.partner", "puente_look", [[]])
        self.assertEqual({name: seen.get(name) for name in context}, context)

    def test_answers_are_the_same_json_both_times(self):
        answers = [
            (None, None),
            ((1, "a", False), [1, "a", False]),
            ({"when": datetime(2026, 1, 2, 3, 4, 5)}, {"when": "2026-01-02 03:04:05"}),
            ([date(2026, 1, 2)], ["2026-01-02"]),
            (99999999999.99, 99999999999.99),
            (self.bot.partner_id, self.bot.partner_id.ids),
        ]
        self.allow("res.partner", "puente_answer")
        for at, (answer, told) in enumerate(answers):
            with self.partners_with("puente_answer", lambda partners, answer=answer: answer):
                key = "k%s" % at
                first = self.bridge.call_once(key, "res.partner", "puente_answer", [[]])
                again = self.bridge.call_once(key, "res.partner", "puente_answer", [[]])
            self.assertEqual(first, {"duplicate": False, "result": told})
            self.assertEqual(again, {"duplicate": True, "result": told})

    def test_an_answer_that_is_no_json_undoes_the_effect(self):
        self.allow("res.partner", "puente_make")
        for answer in (object(), float("nan")):

            def make(partners, answer=answer):
                partners.create({"name": "Ana"})
                return answer

            with self.partners_with("puente_make", make), self.assertRaises(UserError), self.env.cr.savepoint():
                self.bridge.call_once("k1", "res.partner", "puente_make", [[]])
        self.assertEqual(self.named("Ana"), 0)
        self.assertEqual(self.env["puente.bridge.call"].search_count([("key", "=", "k1")]), 0)

    def test_a_call_that_was_begun_and_not_ended_is_no_success(self):
        self.make("k1", "Ana")
        self.env.cr.execute("UPDATE puente_bridge_call SET done = FALSE, result = NULL WHERE key = 'k1'")
        with self.assertRaises(UserError), mute_logger("odoo.addons.puente_bridge.models.bridge_call"):
            self.make("k1", "Ana")

    def test_a_key_is_a_text_of_a_length(self):
        for key in ("", "k" * 201, None, 7):
            with self.assertRaises(ValidationError):
                self.make(key, "Ana")
        self.assertEqual(self.make("k" * 200, "Ana")["duplicate"], False)
