from odoo import _, api, fields, models
from odoo.exceptions import AccessError, ValidationError


class BridgeMethod(models.Model):
    """What Puente may call. Everything else is refused, whatever the bot user may do by hand."""

    _name = "puente.bridge.method"
    _description = "Method that Puente may call"
    _order = "model, method"
    _rec_name = "method"

    model = fields.Char(required=True, index=True)
    method = fields.Char(required=True)
    active = fields.Boolean(default=True)
    note = fields.Char(help="What it is for, and who asked for it.")

    def init(self):
        # Not by _sql_constraints, which Odoo 19 ignores, nor by models.Constraint, which 17 and 18 do not have.
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS puente_bridge_method_once ON puente_bridge_method (model, method)"
        )

    @api.constrains("model", "method")
    def _check_names(self):
        """A model may be listed before its module is installed."""
        for allowed in self:
            if allowed.model.startswith("puente.bridge."):
                raise ValidationError(_("Puente does not call its own bridge through the bridge."))
            if self._is_private(allowed.method):
                raise ValidationError(_("%s is private: nobody calls it from outside.", allowed.method))

    @api.model
    def _require(self, model, method):
        """Raises AccessError unless the pair is listed and is a public method."""
        listed = self.sudo().search_count([("model", "=", model), ("method", "=", method)])
        if not listed or model not in self.env or self._is_private(method):
            raise AccessError(_("Puente may not call %(model)s.%(method)s.", model=model, method=method))
        function = getattr(type(self.env[model]), method, None)
        if not callable(function) or getattr(function, "_api_private", False):
            raise AccessError(_("%(model)s.%(method)s is not a public method.", model=model, method=method))

    @api.model
    def _is_private(self, method):
        return method.startswith("_") or method == "init"
