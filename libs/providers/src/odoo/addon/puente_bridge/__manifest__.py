{
    "name": "Puente bridge",
    "summary": "Calls from Puente have their effect once: key and effect are one transaction",
    "description": """
A client that loses an answer does not know whether its call had an effect. This module keeps a key with each call of
Puente, in the transaction of the call itself: whoever calls again with the same key gets the first answer, and nothing
is done twice.
""",
    "version": "1.0.0",
    "category": "Technical",
    "author": "Puente",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": [
        "security/puente_bridge_groups.xml",
        "security/ir.model.access.csv",
        "data/puente_bridge_methods.xml",
        "views/puente_bridge_menus.xml",
    ],
    "installable": True,
    "application": False,
    "auto_install": False,
}
