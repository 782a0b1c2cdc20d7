import hashlib
import json
import logging
from datetime import date, datetime

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

try:
    from odoo.service.model import call_kw  # 19
except ImportError:
    from odoo.api import call_kw  # 17, 18

_logger = logging.getLogger(__name__)

BOT_GROUP = "puente_bridge.group_puente_bot"
MAX_KEY = 200


class BridgeCall(models.Model):
    """A call that has had its effect, under its key, with what it answered. A row is never changed afterwards."""

    _name = "puente.bridge.call"
    _description = "Call from Puente"
    _order = "id desc"
    _rec_name = "key"

    key = fields.Char(required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    method = fields.Char(required=True, readonly=True)
    payload_hash = fields.Char(required=True, readonly=True, help="SHA-256 of the arguments and the companies.")
    result = fields.Text(readonly=True, help="What the method answered, as JSON.")
    done = fields.Boolean(readonly=True, help="Not set: the method committed by itself and failed afterwards.")

    def init(self):
        # Not by _sql_constraints, which Odoo 19 ignores, nor by models.Constraint, which 17 and 18 do not have.
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS puente_bridge_call_key_once ON puente_bridge_call (key)"
        )

    @api.model
    def call_once(self, key, call_model, call_method, call_args=None, call_kwargs=None):
        """Calls a method unless it was called under this key before.

        The key is inserted first, in the transaction of the call. Whoever comes with the same key meanwhile waits at
        the unique index; then Odoo's own repeat after a serialization failure lets them see the row. A call that fails
        takes its key back with it, and may be tried again.

        The method must not commit, and what it does outside of the database is not taken back by a failure.

        :param str key: tells this effect from all others, for ever
        :param str call_model: with call_method a pair of the list in puente.bridge.method
        :param list call_args: by position; the ids come first for a method that is called on records
        :param dict call_kwargs: by name
        :return: {"duplicate": whether an earlier call had the effect, "result": what that call answered}
        :raise AccessError: the user is no bot of Puente, or the method is not listed
        :raise ValidationError: the key was used for another call
        """
        if not self.env.user.has_group(BOT_GROUP):
            raise AccessError(_("Only users of the group Puente bot may call through the bridge."))
        if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY:
            raise ValidationError(_("The key must be a text of 1 to %s characters.", MAX_KEY))
        self.env["puente.bridge.method"]._require(call_model, call_method)
        args, kwargs = list(call_args or []), dict(call_kwargs or {})
        payload_hash = self._payload_hash(args, kwargs)

        claimed = self._claim(key, call_model, call_method, payload_hash)
        if claimed is None:
            return self._earlier(key, call_model, call_method, payload_hash)
        # By hand, since call_kw gives the inner call no other context than this.
        named = dict(kwargs, context=dict(self.env.context))
        result = self._as_json(call_kw(self.env[call_model], call_method, args, named))
        self.env.cr.execute(
            "UPDATE puente_bridge_call SET result = %s, done = TRUE WHERE id = %s", (result, claimed)
        )
        self.invalidate_model()
        return {"duplicate": False, "result": json.loads(result)}

    @api.model
    def _payload_hash(self, args, kwargs):
        """The companies belong to it: the same entry in another company's books is another entry."""
        companies = self.env.context.get("allowed_company_ids") or []
        try:
            text = json.dumps([args, kwargs, companies], sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValidationError(_("The arguments are not JSON: %s", error)) from error
        return hashlib.sha256(text.encode()).hexdigest()

    @api.model
    def _claim(self, key, model, method, payload_hash):
        """The id of the new row; None: an earlier call has committed the key."""
        self.env.cr.execute(
            """
            INSERT INTO puente_bridge_call
                (key, model, method, payload_hash, done, create_uid, create_date, write_uid, write_date)
            VALUES (%s, %s, %s, %s, FALSE, %s, now() AT TIME ZONE 'UTC', %s, now() AT TIME ZONE 'UTC')
            ON CONFLICT (key) DO NOTHING RETURNING id
            """,
            (key, model, method, payload_hash, self.env.uid, self.env.uid),
        )
        row = self.env.cr.fetchone()
        return row[0] if row else None

    @api.model
    def _earlier(self, key, model, method, payload_hash):
        self.env.cr.execute(
            "SELECT model, method, payload_hash, result, done FROM puente_bridge_call WHERE key = %s", (key,)
        )
        *call, result, done = self.env.cr.fetchone()
        if call != [model, method, payload_hash]:
            raise ValidationError(_("The key %s was used for another call.", key))
        if not done:
            # The method committed in the middle, against the rules, and failed after that.
            _logger.error("puente_bridge: %s.%s committed by itself under the key %s", model, method, key)
            raise UserError(_("The call %s was begun and not ended. Somebody has to look at what it did.", key))
        return {"duplicate": True, "result": json.loads(result)}

    @api.model
    def _as_json(self, result):
        """Both answers, the first and the repeated one, are read from this text, so that they are the same.

        A result that is no JSON is a failure, and the effect is taken back with the key: nobody could be told of it.
        """
        try:
            return json.dumps(result, default=self._plain, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UserError(_("The method answered what is not JSON, and was undone: %s", error)) from error

    @api.model
    def _plain(self, value):
        if isinstance(value, models.BaseModel):
            return value.ids
        if isinstance(value, datetime):
            return fields.Datetime.to_string(value)
        if isinstance(value, date):
            return fields.Date.to_string(value)
        if isinstance(value, bytes):
            return value.decode()
        raise TypeError("%s is not JSON" % type(value).__name__)
